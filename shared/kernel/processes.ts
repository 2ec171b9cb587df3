import { asciiAt, viewOf } from '../bytes/view.ts'
import type { DumpHeader } from '../dump/header.ts'
import { isPresent, pointerAt } from '../memory/ranges.ts'
import type { VirtualMemory } from '../memory/virtual-memory.ts'
import type { Kdbg } from './kdbg.ts'
import { isKernelAddress } from './kernel-address.ts'
import { type ListEntry, readLinks, walkList } from './list-walk.ts'
import { type ProcessLayout, processLayouts } from './process-layouts.ts'

export type Process = {
  /** Of its EPROCESS. */
  readonly address: bigint
  readonly pid: number
  /** Windows cuts it to 14 or 15 characters. */
  readonly name: string
  readonly directoryTableBase: bigint
  /** Of its handle table; null when it has none (any more) or the field is not in the dump. */
  readonly objectTable: bigint | null
  readonly activeThreads: number | null
}

export type ProcessList = {
  /** In the order in which they were started. */
  readonly processes: readonly Process[]
  /** Why there are none, or not all: full sentences. */
  readonly note: string | null
}

const maxProcesses = 16_384
const nameBytes = 15
/** How one begins: the type in its DISPATCHER_HEADER (both sample dumps). */
const processObject = 3
const maxPid = 2 ** 30
const maxThreads = 2 ** 20
/** KPROCESS.DirectoryTableBase where the debugger data block does not say (reference 5.6). */
const directoryTableBaseOffset = { 4: 0x18, 8: 0x28 } as const

type Source = {
  readonly memory: VirtualMemory
  readonly build: number
  readonly kdbg: Kdbg | null
  readonly header: Pick<DumpHeader, 'psActiveProcessHead'>
}

/**
 * The processes of PsActiveProcessHead. The layout of EPROCESS is the one under which the list's first or last entry is
 * a process; when there is none, nothing is read. Bounded, and never twice through one entry.
 */
export const readProcesses = async ({ memory, build, kdbg, header }: Source): Promise<ProcessList> => {
  const listHead = kdbg?.pointer('PsActiveProcessHead') ?? header.psActiveProcessHead
  const where = `0x${listHead.toString(16)}`
  const head = await readLinks(memory, listHead)
  if (head === null) return none(`The head of the process list at ${where} is not in the dump.`)
  const rootOffset = kdbg?.offset('OffsetEprocessDirectoryTableBase') ?? directoryTableBaseOffset[memory.pointerBytes]
  const size = kdbg?.offset('SizeEProcess') ?? null
  const peb = kdbg?.offset('OffsetEprocessPeb') ?? null
  for (const layout of processLayouts(memory.pointerBytes, build, size, peb)) {
    const read = (address: bigint): Promise<ListEntry<Process> | null> =>
      readProcess(memory, layout, rootOffset, address)
    const ends = [await read(head.flink), await read(head.blink)]
    if (ends.every((entry) => entry === null || entry.value === null)) continue
    const walk = await walkList(memory, listHead, maxProcesses, read)
    if (walk === null) break
    return { processes: walk.values, note: noteOf(walk.brokenAt, walk.odd) }
  }
  return none(`What the process list at ${where} leads to is no process of a known layout, or is not in the dump.`)
}

const none = (note: string): ProcessList => ({ processes: [], note })

const noteOf = (brokenAt: bigint | null, odd: number): string | null => {
  const notes = [
    brokenAt === null
      ? null
      : `The process list breaks off at 0x${brokenAt.toString(16)}: there may be more processes than were found.`,
    odd === 0 ? null : `${odd} entries of the process list describe no possible process and were left out.`,
  ].filter((note) => note !== null)
  return notes.length === 0 ? null : notes.join(' ')
}

const readProcess = async (
  memory: VirtualMemory,
  layout: ProcessLayout,
  rootOffset: number,
  linksAddress: bigint,
): Promise<ListEntry<Process> | null> => {
  const width = memory.pointerBytes
  if (!isKernelAddress(linksAddress, width)) return null
  const address = linksAddress - BigInt(layout.links)
  const range = await memory.read(address, Math.max(layout.imageName + nameBytes, layout.activeThreads + 4))
  const { bytes } = range
  const view = viewOf(bytes)
  const pointer = (offset: number): bigint | null =>
    isPresent(range, offset, width) ? pointerAt(bytes, offset, width) : null
  const flink = pointer(layout.links)
  const blink = pointer(layout.links + width)
  if (flink === null || blink === null) return null
  const odd = { flink, blink, value: null }

  const pid = pointer(layout.links - width)
  const directoryTableBase = pointer(rootOffset)
  if (pid === null || directoryTableBase === null || !isPresent(range, layout.imageName, nameBytes)) return odd
  const name = asciiAt(bytes, layout.imageName, nameBytes)
  const plausible =
    bytes[0] === processObject &&
    isPresent(range, 0, 1) &&
    pid > 0n &&
    pid < maxPid &&
    pid % 4n === 0n &&
    directoryTableBase !== 0n &&
    isName(name) &&
    (pid !== 4n || name === 'System')
  if (!plausible) return odd
  const objectTable = pointer(layout.objectTable)
  const threads = isPresent(range, layout.activeThreads, 4) ? view.getUint32(layout.activeThreads, true) : null
  const value: Process = {
    address,
    pid: Number(pid),
    name,
    directoryTableBase,
    objectTable: objectTable !== null && isKernelAddress(objectTable, width) ? objectTable : null,
    activeThreads: threads !== null && threads <= maxThreads ? threads : null,
  }
  return { flink, blink, value }
}

const isName = (name: string): boolean => name !== '' && [...name].every((character) => character >= ' ')
