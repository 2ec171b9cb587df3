import type { ByteSource } from '../bytes/source.ts'
import { type DumpHeader, machineType } from '../dump/header.ts'
import type { MemoryDump } from '../dump/open-dump.ts'
import { readImage } from '../image/read-image.ts'
import { arm64Paging, la57Paging, type PagingMode, paePaging, x64Paging, x86Paging } from '../memory/paging.ts'
import { pteEra } from '../memory/pte.ts'
import { type VirtualMemory, virtualMemory } from '../memory/virtual-memory.ts'
import { findKdbg } from './kdbg.ts'
import type { Kernel } from './kernel.ts'
import { type ModuleList, readModuleList } from './module-list.ts'

type Attempt = {
  readonly mode: PagingMode
  readonly memory: VirtualMemory
  readonly list: ModuleList
  readonly mz: boolean
}

/**
 * Opens a dump that holds memory: chooses the paging mode, walks the module list, finds the debugger data block. What
 * is missing is told by the notes; rejects only when reading fails.
 */
export const openKernel = async (source: ByteSource, dump: MemoryDump): Promise<Kernel> => {
  const { header, physical } = dump
  const attempts: Attempt[] = []
  for (const mode of pagingModes(header)) {
    const space = { mode, era: pteEra(header.build), directoryTableBase: header.directoryTableBase }
    const memory = virtualMemory(source, physical, space)
    const list = await readModuleList(memory, header.psLoadedModuleList, header.build)
    const first = list.modules.at(0)
    const mz = first !== undefined && (await readImage(memory, first.base)) !== null
    attempts.push({ mode, memory, list, mz })
    if (mz) break
  }
  const attempt = attempts.find(({ mz }) => mz) ?? attempts.find(({ list }) => list.modules.length > 0) ?? attempts[0]
  const { memory, list, mode } = attempt
  const known = header.bits === 64 || header.paeEnabled !== null || list.modules.length > 0
  const kernelBase = list.modules.at(0)?.base ?? null
  const image = kernelBase === null ? null : await readImage(memory, kernelBase)
  const { kdbg, note } = await findKdbg(memory, header.kdDebuggerDataBlock, image, {
    kernelBase,
    psLoadedModuleList: header.psLoadedModuleList,
  })
  return {
    header,
    physical,
    memory,
    architecture: known ? mode.architecture : 'unknown',
    build: header.build,
    kdbg,
    kdbgNote: note,
    modules: list.modules,
    modulesNote: list.note,
  }
}

/**
 * The modes to try, the likeliest first (reference 5.1). The header's PAE flag is trusted only as far as its page
 * tables lead to the kernel: converters of raw memory leave it wrong.
 */
const pagingModes = (header: DumpHeader): PagingMode[] => {
  if (header.machineImageType === machineType.arm64) return [arm64Paging]
  // CR4 says whether there is a fifth level, and lies behind the page tables itself (reference 5.1).
  if (header.bits === 64) return [x64Paging, la57Paging]
  return header.paeEnabled === false ? [x86Paging, paePaging] : [paePaging, x86Paging]
}
