import type { ByteSource } from '../bytes/source.ts'
import { decodeContext, type ProcessorContext } from '../dump/context.ts'
import type { DumpHeader } from '../dump/header.ts'
import type { MemoryDump } from '../dump/open-dump.ts'
import { readImage } from '../image/read-image.ts'
import { pteEra } from '../memory/pte.ts'
import { virtualMemory } from '../memory/virtual-memory.ts'
import { findRoot } from './find-root.ts'
import { findKdbg } from './kdbg.ts'
import type { Kernel, Root } from './kernel.ts'
import { readProcesses } from './processes.ts'
import { memoryWithSessions, moduleSpaces } from './session-space.ts'

/**
 * Opens a dump that holds memory: finds its page tables, walks the module list, finds the debugger data block. What is
 * missing is told by the notes; rejects only when reading fails. Reads a few pages, unless the header's page tables are
 * of no use: then others are looked for in the dump. `settled` is the `root` of an earlier opening of the same dump, by
 * which it is done without looking again.
 */
export const openKernel = async (source: ByteSource, dump: MemoryDump, settled?: Root): Promise<Kernel> => {
  const { header, physical } = dump
  const { memory: own, list, mode, root } = await findRoot(source, physical, header, settled)
  const known = header.bits === 64 || header.paeEnabled !== null || list.modules.length > 0
  const kernelBase = list.modules.at(0)?.base ?? null
  const image = kernelBase === null ? null : await readImage(own, kernelBase)
  const { kdbg, note } = await findKdbg(own, header.kdDebuggerDataBlock, image, {
    kernelBase,
    psLoadedModuleList: root.psLoadedModuleList,
  })
  const { build } = header
  const processes = async () => (await readProcesses({ memory: own, build, kdbg, header })).processes
  const spaceOf = moduleSpaces(own, processes, (directoryTableBase) =>
    virtualMemory(source, physical, { mode, era: pteEra(build), directoryTableBase }),
  )
  return {
    header,
    physical,
    memory: memoryWithSessions(own, list.modules, spaceOf),
    context: await headerContext(source, header),
    architecture: known ? mode.architecture : 'unknown',
    build,
    root,
    kdbg,
    kdbgNote: note,
    modules: list.modules,
    modulesNote: list.note,
    spaceOf,
  }
}

/** ContextRecord of the two headers (reference 1.2, 1.3). */
const contextRecord = { 32: { offset: 0x320, bytes: 0x2cc }, 64: { offset: 0x348, bytes: 0x4d0 } } as const

/** The registers that the header holds; null when it holds none. */
const headerContext = async (source: ByteSource, { bits }: DumpHeader): Promise<ProcessorContext | null> => {
  const { offset, bytes } = contextRecord[bits]
  return decodeContext(await source.read(offset, bytes))
}
