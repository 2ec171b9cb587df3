import type { ByteSource } from '../bytes/source.ts'
import { type DumpHeader, machineType } from '../dump/header.ts'
import type { PhysicalMemory } from '../dump/physical-memory.ts'
import { readImage } from '../image/read-image.ts'
import { arm64Paging, la57Paging, type PagingMode, paePaging, x64Paging, x86Paging } from '../memory/paging.ts'
import { pteEra } from '../memory/pte.ts'
import { rootTest, scanForRoots } from '../memory/root-pages.ts'
import { type VirtualMemory, virtualMemory } from '../memory/virtual-memory.ts'
import type { Root } from './kernel.ts'
import { isKernelAddress } from './kernel-address.ts'
import { listHeadOfBlock, scanForListHeads } from './list-heads.ts'
import { type ModuleList, readModuleList } from './module-list.ts'
import { readProcesses } from './processes.ts'
import { hex } from './reading.ts'

/** The page tables a kernel is read through, and what they lead to. */
export type FoundRoot = {
  readonly mode: PagingMode
  readonly memory: VirtualMemory
  readonly list: ModuleList
  readonly root: Root
}

type Attempt = {
  readonly mode: PagingMode
  readonly directoryTableBase: bigint
  readonly listHead: bigint
  readonly memory: VirtualMemory
  readonly list: ModuleList
  /** The list's first module is an image. */
  readonly mz: boolean
}

type Dump = {
  readonly source: ByteSource
  readonly physical: PhysicalMemory
  readonly header: DumpHeader
  /** Where PsLoadedModuleList is thought to be. */
  readonly listHead: bigint
}

const systemPid = 4
/** Every process has a root, and System's lies low: far before this many bytes one has been seen. */
const maxScanBytes = 2 * 1024 * 1024 * 1024
/** Roots that are tried: what looks like one and maps no kernel is a rare accident, or a dump that lies. */
const maxCandidates = 64

/** Heads of module lists that are tried: each debugger data block in memory names one, most of them the same. */
const maxListHeads = 8

/**
 * Finds page tables that lead to PsLoadedModuleList and from there to an image (reference 5.7): the header's; where they
 * do not (their page is absent, or they are the half-empty ones of KVA shadow, reference 5.4), those of the System process,
 * if its entry can be reached; else whichever a scan of the stored pages finds first. Where the header's address of the
 * list leads nowhere, as of dumps that were made of raw memory, debugger data blocks say it: the one that the header
 * points to, else those that lie in the stored pages (reference 4.4). What an earlier search `settled` on is taken as it is.
 */
export const findRoot = async (
  source: ByteSource,
  physical: PhysicalMemory,
  header: DumpHeader,
  settled?: Root,
): Promise<FoundRoot> => {
  const modes = pagingModes(header)
  const listHead = settled?.psLoadedModuleList ?? header.psLoadedModuleList
  const dump: Dump = { source, physical, header, listHead }
  const attempts = await attemptEach(dump, modes, settled?.directoryTableBase ?? header.directoryTableBase)
  const best = bestOf(attempts)
  if (settled !== undefined) return { ...best, root: settled }
  if (works(best)) return found(best, 'header', null)
  const listNote = `The dump\u2019s header says that the list of modules is at ${hex(listHead)}, which leads to none.`
  const told = await byHeadersBlock(dump, modes, attempts)
  if (told !== null)
    return found(told, 'header', `${listNote} The debugger data block has it at ${hex(told.listHead)}.`)
  const others = (await ofSystemProcess(dump, modes, attempts)) ?? (await byScan(dump, modes, [listHead]))
  const note = `The page tables at ${hex(header.directoryTableBase)} that the dump\u2019s header names do not lead to the list of modules and the kernel\u2019s image. ${others.note}`
  if (others.attempt !== null) return found(others.attempt, others.foundBy, note, others.scannedBytes)
  const blocks = await byBlocks(dump, modes)
  const scannedBytes = Math.max(others.scannedBytes, blocks.scannedBytes)
  return blocks.attempt === null
    ? found(best, 'header', `${note} ${blocks.note}`, scannedBytes)
    : found(blocks.attempt, blocks.foundBy, `${listNote} ${blocks.note}`, scannedBytes)
}

const attemptEach = async (dump: Dump, modes: readonly PagingMode[], directoryTableBase: bigint) => {
  const attempts: Attempt[] = []
  for (const mode of modes) {
    const tried = await attempt(dump, mode, directoryTableBase)
    attempts.push(tried)
    if (tried.mz) break
  }
  return attempts
}

const bestOf = (attempts: readonly Attempt[]): Attempt =>
  attempts.find(({ mz }) => mz) ?? attempts.find(({ list }) => list.modules.length > 0) ?? attempts[0]

/** Through the header's page tables to the debugger data block it points to, and by that to the list. */
const byHeadersBlock = async (
  dump: Dump,
  modes: readonly PagingMode[],
  attempts: readonly Attempt[],
): Promise<Attempt | null> => {
  const { kdDebuggerDataBlock, directoryTableBase } = dump.header
  if (kdDebuggerDataBlock === null) return null
  for (const { memory } of attempts) {
    const listHead = await listHeadOfBlock(memory, kdDebuggerDataBlock)
    if (listHead === null || listHead === dump.listHead) continue
    const best = bestOf(await attemptEach({ ...dump, listHead }, modes, directoryTableBase))
    if (best.mz) return best
  }
  return null
}

/** By any debugger data block in the stored pages, through the header's page tables or such as a scan finds. */
const byBlocks = async (dump: Dump, modes: readonly PagingMode[]): Promise<Search> => {
  const { source, physical, header } = dump
  const progress = { bytes: 0 }
  const heads = new Set<bigint>()
  for await (const head of scanForListHeads(source, physical, header.bits === 64 ? 8 : 4, maxScanBytes, progress)) {
    if (head === dump.listHead || heads.has(head)) continue
    if (heads.size >= maxListHeads) break
    heads.add(head)
    const best = bestOf(await attemptEach({ ...dump, listHead: head }, modes, header.directoryTableBase))
    if (!best.mz) continue
    const note = `A debugger data block that was found in the stored pages has it at ${hex(head)}.`
    return { attempt: best, foundBy: 'header', note, scannedBytes: progress.bytes }
  }
  const lost = await byScan(dump, modes, [...heads])
  const scannedBytes = Math.max(progress.bytes, lost.scannedBytes)
  if (lost.attempt !== null) {
    const { listHead } = lost.attempt
    const told = `A debugger data block that was found in the stored pages has it at ${hex(listHead)}. The header\u2019s page tables at ${hex(header.directoryTableBase)} do not lead there. ${lost.note}`
    return { attempt: lost.attempt, foundBy: 'scan', note: told, scannedBytes }
  }
  const note = `Nor did a debugger data block in ${progress.bytes} bytes of stored pages lead to a list: ${heads.size} were found.`
  return { attempt: null, foundBy: 'scan', note, scannedBytes }
}

/** What a search for other page tables came to. */
type Search = {
  readonly attempt: Attempt | null
  readonly foundBy: Root['foundBy']
  readonly note: string
  readonly scannedBytes: number
}

/** The System process's, through the part of the kernel that the header's tables do map; null when that leads nowhere. */
const ofSystemProcess = async (
  dump: Dump,
  modes: readonly PagingMode[],
  attempts: readonly Attempt[],
): Promise<Search | null> => {
  const { header } = dump
  for (const { memory } of attempts) {
    const { processes } = await readProcesses({ memory, build: header.build, kdbg: null, header })
    const system = processes.find(({ pid }) => pid === systemPid)
    if (system === undefined || system.directoryTableBase === header.directoryTableBase) continue
    for (const mode of modes) {
      const tried = await attempt(dump, mode, system.directoryTableBase)
      const note = `Those of the System process at ${hex(tried.directoryTableBase)} do, and are used.`
      if (tried.mz) return { attempt: tried, foundBy: 'system-process', note, scannedBytes: 0 }
    }
  }
  return null
}

/** By whichever roots a scan of the stored pages finds, which must lead to one of `heads`. */
const byScan = async (dump: Dump, modes: readonly PagingMode[], heads: readonly bigint[]): Promise<Search> => {
  const { source, physical, header } = dump
  const nothing = (note: string, scannedBytes: number): Search => ({
    attempt: null,
    foundBy: 'scan',
    note,
    scannedBytes,
  })
  const lists = heads.filter((head) => isKernelAddress(head, header.bits === 64 ? 8 : 4))
  if (lists.length === 0)
    return nothing('No others were looked for, since no address of that list is known that is the kernel\u2019s.', 0)
  const progress = { bytes: 0 }
  let candidates = 0
  for await (const page of scanForRoots(source, physical, rootTest(scanModes(modes)), maxScanBytes, progress)) {
    for (const mode of page.mode === x64Paging ? [x64Paging, la57Paging] : [page.mode])
      for (const listHead of lists) {
        const tried = await attempt({ ...dump, listHead }, mode, page.directoryTableBase, 1)
        if (!tried.mz) continue
        const note = `Those at ${hex(page.directoryTableBase)} do, which a scan of the stored pages found after ${progress.bytes} bytes, and are used.`
        const whole = await attempt({ ...dump, listHead }, mode, page.directoryTableBase)
        return { attempt: whole, foundBy: 'scan', note, scannedBytes: progress.bytes }
      }
    if (++candidates >= maxCandidates) break
  }
  return nothing(
    `A scan of ${progress.bytes} bytes of stored pages found no others that do; ${candidates} looked like page tables.`,
    progress.bytes,
  )
}

const found = (
  { mode, memory, list, directoryTableBase, listHead }: Attempt,
  foundBy: Root['foundBy'],
  note: string | null,
  scannedBytes = 0,
): FoundRoot => ({
  mode,
  memory,
  list,
  root: { directoryTableBase, foundBy, psLoadedModuleList: listHead, note, scannedBytes },
})

/** A list that comes back to its head proves the tables as well as the image does, whose page may be absent. */
const works = ({ mz, list }: Attempt): boolean => mz || (list.note === null && list.modules.length > 1)

/** Where the tables lead; of the list no more than `limit` modules are read when it is given. */
const attempt = async (
  { source, physical, header, listHead }: Dump,
  mode: PagingMode,
  directoryTableBase: bigint,
  limit?: number,
): Promise<Attempt> => {
  const memory = virtualMemory(source, physical, { mode, era: pteEra(header.build), directoryTableBase })
  const list = await readModuleList(memory, listHead, header.build, limit)
  const first = list.modules.at(0)
  const mz = first !== undefined && (await readImage(memory, first.base)) !== null
  return { mode, directoryTableBase, listHead, memory, list, mz }
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

/** Roots of four and of five levels look alike and are looked for once. */
const scanModes = (modes: readonly PagingMode[]): PagingMode[] => modes.filter((mode) => mode !== la57Paging)
