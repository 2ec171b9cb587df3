import { entryAddress, type SelfMap, selfMapOf } from '../kernel/self-map.ts'
import type { PagingMode } from '../memory/paging.ts'
import { decodeEntry, type Entry, type PteEra, pteEra } from '../memory/pte.ts'
import { pointerAt, readWhole } from '../memory/ranges.ts'
import { entryLetters, pageTableColumns, type ShownEntry } from '../report/page-tables.ts'
import { wrongCommand } from './command-error.ts'
import { type Cursor, parseExpression } from './expression.ts'
import { expectEnd } from './range.ts'
import { kernelOf } from './system-commands.ts'
import type { Target } from './target.ts'

/** Names of the levels, from the one that maps pages. */
const levelNames = ['PTE', 'PDE', 'PPE', 'PXE', 'P5E']

/** `!pte ADDRESS`: the entry of each level, read where the page tables see themselves, and what it says. */
export const showPageTables = async (target: Target, cursor: Cursor): Promise<string> => {
  const kernel = kernelOf(target, '!pte')
  const address = await parseExpression(cursor, target)
  expectEnd(cursor)
  const map = selfMapOf(kernel)
  if (map === null)
    throw wrongCommand(
      'This dump does not tell where the page tables are mapped: since Windows 10 1607 only the debugger data block says so.',
    )
  const entries: ShownEntry[] = []
  // The page that maps the address, once a large one was met: below it there are no tables.
  let large: number | null = null
  for (let fromLeaf = map.levels - 1; fromLeaf >= 0; fromLeaf--) {
    const shown = await readEntry(target, map, address, fromLeaf, large, pteEra(kernel.build))
    entries.push(shown)
    large ??= shown.largePage
  }
  return pageTableColumns(address, entries, target.memory.pointerBytes, map.mode.entryBytes)
}

const readEntry = async (
  { memory }: Target,
  map: SelfMap,
  address: bigint,
  fromLeaf: number,
  large: number | null,
  era: PteEra,
): Promise<ShownEntry & { largePage: number | null }> => {
  const { mode } = map
  const shown = {
    name: levelNames[fromLeaf],
    address: entryAddress(map, address, fromLeaf),
    details: [],
    largePage: null,
  }
  if (large !== null) return { ...shown, content: 0n, meaning: `LARGE PAGE pfn ${large.toString(16)}` }
  const bytes = await readWhole(memory, shown.address, mode.entryBytes)
  if (bytes === null) return { ...shown, content: null, meaning: '' }
  const content = pointerAt(bytes, 0, mode.entryBytes)
  const low = Number(content & 0xffff_ffffn)
  const high = Number(content >> 32n)
  const level = mode.levels[mode.levels.length - 1 - fromLeaf]
  const entry = decodeEntry(mode, level, era, low, high)
  if ((low & 1) === 0 || entry.kind === 'absent')
    return { ...shown, content, meaning: 'not valid', details: invalidDetails(mode, era, entry, content) }
  const meaning = validMeaning(mode, entry.pfn, low, high)
  if (entry.kind !== 'large') return { ...shown, content, meaning }
  const page = Number((BigInt.asUintN(mode.addressBits, address) >> 12n) % BigInt(level.pagesPerEntry))
  return { ...shown, content, meaning, largePage: entry.pfn + page }
}

const validMeaning = (mode: PagingMode, pfn: number, low: number, high: number): string => {
  // The letters of ARM64 entries are not documented.
  if (mode.entries === 'arm64') return `pfn ${pfn.toString(16)}`
  const executable = mode.entryBytes === 4 || high >>> 31 === 0
  return `pfn ${pfn.toString(16).padEnd(10)}${entryLetters(low, executable)}`
}

const protections = [
  'None',
  'ReadOnly',
  'Execute',
  'ExecuteRead',
  'ReadWrite',
  'WriteCopy',
  'ExecuteReadWrite',
  'ExecuteWriteCopy',
]

/** What an entry that is not valid says (reference 5.8). */
const invalidDetails = (mode: PagingMode, era: PteEra, entry: Entry, content: bigint): string[] => {
  if (content === 0n || mode.entries === 'arm64') return []
  const low = Number(content & 0xffff_ffffn)
  const protection = (low >>> 5) & 0x1f
  const protect = `Protect: ${protection.toString(16)} - ${protections[protection & 7]}`
  if (entry.kind !== 'absent') return [`Transition: ${entry.pfn.toString(16)}`, protect]
  if (entry.prototype !== undefined) return [`Proto: ${entry.prototype.toString(16).toUpperCase()}`]
  if (entry.reason === 'prototype')
    return [`Proto: ${content >> 32n === 0xffff_ffffn ? 'VAD' : 'not resolved'}`, protect]
  const file = (low >>> (era.swizzled && mode.pointerBytes === 8 ? 12 : 1)) & 0xf
  const offset = mode.entryBytes === 4 ? content >> 12n : content >> 32n
  return [`PageFile: ${file.toString(16).padStart(2)}`, `Offset: ${offset.toString(16)}`, protect]
}
