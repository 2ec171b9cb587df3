import type { PageRun } from '../dump/physical-memory.ts'
import { mappedAddresses } from '../kernel/mapped-pages.ts'
import { type BigPage, eachBigPage } from '../kernel/pools/pool-big-page-table.ts'
import { poolHeaderFormats } from '../kernel/pools/pool-header.ts'
import { plainKey, tagOfKey } from '../kernel/pools/pool-tag.ts'
import { type FoundBlock, findBlocks } from '../pool/find-blocks.ts'
import { matchesTag } from '../pool/tag-table.ts'
import { debuggerDigits } from '../report/debugger-text.ts'
import { blockLine, largeBlockLine } from '../report/pool-page.ts'
import { wrongCommand } from './command-error.ts'
import { trackedKeys } from './pool-page.ts'
import { kernelOf } from './system-commands.ts'
import { type Running, stoppedNote, type Target } from './target.ts'

const maxListed = 1000
const pageBytes = 4096
/** As far as `dumpline analyze` scans without being asked. */
const maxPages = (8 * 2 ** 30) / pageBytes

/** `!poolfind TAG [0|1]`: large blocks from their table, small ones from every page of the dump; 1 is paged pool. */
export const findPool = async (target: Target, rest: string, running: Running): Promise<string> => {
  const kernel = kernelOf(target, '!poolfind')
  const width = target.memory.pointerBytes
  const { tag, paged, matches } = parsePoolFind(rest)
  const { big } = await target.accounting()
  const lines: string[] = []
  if (big === null) lines.push('(The table of large pool allocations was not found.)')
  else {
    const end = big.address + BigInt(big.wantedBytes)
    const table = `${debuggerDigits(big.address, width)} : ${debuggerDigits(end, width)}`
    lines.push(`Scanning large pool allocation table for Tag: ${tag} (${table})`, '')
    lines.push(...(await largeLines(target, big, paged, matches)))
  }
  lines.push('', `Searching ${paged ? 'Paged' : 'NonPaged'} pool for Tag: ${tag}`, '')
  const formats = poolHeaderFormats(kernel.build, width)
  const found = await findBlocks(target.source, {
    runs: firstPages([...kernel.physical.runs()], maxPages),
    formats,
    matches,
    knownKeys: new Set([...(await trackedKeys(target))].filter(matches)),
    paged,
    most: maxListed,
    stopped: running.stopped,
  })
  const { lines: blocks, notes } = await placed(target, found.blocks, running)
  lines.push(...blocks, '', `${found.found} blocks, ${found.bytes} bytes.`, ...notes)
  if (found.found === 0) lines.push(`(${found.note})`)
  if (formats.some(({ pages }) => pages === 'scattered'))
    lines.push(
      '(On this version of Windows blocks are told by what looks like their header: not all of them, and some freed.)',
    )
  if (found.found > found.blocks.length) lines.push(`(The first ${found.blocks.length} in the dump are listed.)`)
  if (running.stopped()) lines.push(stoppedNote)
  if (found.pagesScanned < kernel.physical.presentPages)
    lines.push(`(Looked at ${found.pagesScanned} of ${kernel.physical.presentPages} pages in the dump.)`)
  return lines.join('\n')
}

/** So many pages of the dump, in its order. */
const firstPages = (runs: readonly PageRun[], most: number): PageRun[] => {
  let left = most
  return runs.flatMap((run) => {
    const pages = Math.min(run.pages, left)
    left -= pages
    return pages === 0 ? [] : [{ ...run, pages }]
  })
}

type Query = { readonly tag: string; readonly paged: boolean; readonly matches: (key: number) => boolean }

const parsePoolFind = (rest: string): Query => {
  const match = /^\s*(?:"([^"]{1,4})"|(\S+))(?:\s+([01]))?\s*$/.exec(rest)
  if (match === null) throw wrongCommand('!poolfind takes a tag, and 1 for paged pool: !poolfind None.')
  const [, quoted, plain, type] = match
  const paged = type === '1'
  if (plain?.startsWith('0x') && /^0x[0-9a-f]{1,8}$/i.test(plain)) {
    const key = plainKey(Number(plain))
    return { tag: tagOfKey(key), paged, matches: (other) => other === key }
  }
  const tag = quoted ?? plain
  return { tag, paged, matches: (key) => matchesTag(tag, tagOfKey(key)) }
}

const largeLines = async (
  target: Target,
  big: Parameters<typeof eachBigPage>[1],
  paged: boolean,
  matches: (key: number) => boolean,
): Promise<string[]> => {
  const hits: BigPage[] = []
  let count = 0
  for await (const page of eachBigPage(target.memory, big)) {
    // Where entries do not say whether they are paged, all are shown.
    if (page.paged === !paged || !matches(page.key)) continue
    count++
    if (hits.length < maxListed) hits.push(page)
  }
  const lines = hits
    .sort((a, b) => (a.address < b.address ? -1 : 1))
    .map((page) => largeBlockLine({ ...page, tag: tagOfKey(page.key) }, target.memory.pointerBytes).slice(1))
  return count > hits.length ? [...lines, `(${hits.length} of ${count} large allocations.)`] : lines
}

/** The blocks by virtual address; what is mapped nowhere, or on a dump that does not tell, by physical address and a #. */
const placed = async (
  target: Target,
  found: readonly FoundBlock[],
  running: Running,
): Promise<{ lines: string[]; notes: string[] }> => {
  const kernel = kernelOf(target, '!poolfind')
  const width = target.memory.pointerBytes
  const pageOf = ({ physicalAddress }: FoundBlock): number => Math.floor(physicalAddress / pageBytes)
  const wanted = new Set(found.map(pageOf))
  const addresses =
    found.length === 0 ? new Map<number, bigint>() : await mappedAddresses(kernel, wanted, running.stopped)
  const mapped: { address: bigint; line: string }[] = []
  const unmapped: string[] = []
  for (const block of found) {
    const page = addresses?.get(pageOf(block))
    const address =
      page === undefined ? BigInt(block.physicalAddress) : page + BigInt(block.physicalAddress % pageBytes)
    const shown = {
      address,
      size: block.bytes,
      previousSize: block.previousBytes,
      allocated: true,
      tag: tagOfKey(block.key),
      isProtected: block.key >>> 31 === 1,
    }
    const line = blockLine(shown, false, width).slice(1)
    if (page === undefined) unmapped.push(`#${line}`)
    else mapped.push({ address, line })
  }
  mapped.sort((a, b) => (a.address < b.address ? -1 : 1))
  return {
    lines: [...mapped.map(({ line }) => line), ...unmapped],
    notes:
      unmapped.length === 0
        ? []
        : [`(${unmapped.length} are told by their physical address, with a #: where they are mapped is not known.)`],
  }
}
