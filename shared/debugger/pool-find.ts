import { mappedAddresses } from '../kernel/mapped-pages.ts'
import { type BigPage, eachBigPage } from '../kernel/pool-big-page-table.ts'
import { blockKind, poolHeaderFormat } from '../kernel/pool-header.ts'
import { plainKey, tagOfKey } from '../kernel/pool-tag.ts'
import { type FoundBlock, findBlocks, kindName } from '../pool/find-blocks.ts'
import { matchesTag } from '../pool/tag-table.ts'
import { debuggerDigits } from '../report/debugger-text.ts'
import { blockLine, largeBlockLine } from '../report/pool-page.ts'
import { wrongCommand } from './command-error.ts'
import { shownBlock, trackedKeys } from './pool-page.ts'
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
  const { tag, kind, matches } = parsePoolFind(rest)
  const { big } = await target.accounting()
  const lines: string[] = []
  if (big === null) lines.push('(The table of large pool allocations was not found.)')
  else {
    const end = big.address + BigInt(big.wantedBytes)
    const table = `${debuggerDigits(big.address, width)} : ${debuggerDigits(end, width)}`
    lines.push(`Scanning large pool allocation table for Tag: ${tag} (${table})`, '')
    lines.push(...(await largeLines(target, big, kind, matches)))
  }
  lines.push('', `Searching ${kindName(kind)} pool for Tag: ${tag}`, '')
  const format = poolHeaderFormat(kernel.build, width)
  const found = await findBlocks(
    target.source,
    {
      runs: kernel.physical.runs(),
      format,
      matches,
      kind,
      knownKeys: format.pages === 'scattered' ? await trackedKeys(target) : new Set(),
      most: maxListed,
      maxPages,
    },
    running.stopped,
  )
  const { lines: blocks, notes } = await placed(target, found.listed, running)
  lines.push(...blocks, '', `${found.count} blocks, ${found.bytes} bytes.`, ...notes)
  if (found.count > found.listed.length) lines.push(`(The first ${found.listed.length} are listed.)`)
  if (running.stopped()) lines.push(stoppedNote)
  else if (found.pagesScanned < kernel.physical.presentPages)
    lines.push(`(Looked at ${found.pagesScanned} of ${kernel.physical.presentPages} pages in the dump.)`)
  return lines.join('\n')
}

type Query = { readonly tag: string; readonly kind: number; readonly matches: (key: number) => boolean }

const parsePoolFind = (rest: string): Query => {
  const match = /^\s*(?:"([^"]{1,4})"|(\S+))(?:\s+([01]))?\s*$/.exec(rest)
  if (match === null) throw wrongCommand('!poolfind takes a tag, and 1 for paged pool: !poolfind None.')
  const [, quoted, plain, type] = match
  const kind = type === '1' ? blockKind.paged : blockKind.nonPaged
  if (plain?.startsWith('0x') && /^0x[0-9a-f]{1,8}$/i.test(plain)) {
    const key = plainKey(Number(plain))
    return { tag: tagOfKey(key), kind, matches: (other) => other === key }
  }
  const tag = quoted ?? plain
  return { tag, kind, matches: (key) => matchesTag(tag, tagOfKey(key)) }
}

const largeLines = async (
  target: Target,
  big: Parameters<typeof eachBigPage>[1],
  kind: number,
  matches: (key: number) => boolean,
): Promise<string[]> => {
  const other = kind !== blockKind.paged
  const hits: BigPage[] = []
  let count = 0
  for await (const page of eachBigPage(target.memory, big)) {
    // Where entries do not say whether they are paged, all are shown.
    if (page.paged === other || !matches(page.key)) continue
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
  const wanted = new Set(found.map(({ pfn }) => pfn))
  const addresses =
    found.length === 0 ? new Map<number, bigint>() : await mappedAddresses(kernel, wanted, running.stopped)
  const mapped: { address: bigint; line: string }[] = []
  const unmapped: string[] = []
  for (const { pfn, block } of found) {
    const page = addresses?.get(pfn)
    if (page !== undefined) {
      const shown = shownBlock(block, page)
      mapped.push({ address: shown.address, line: blockLine(shown, false, width).slice(1) })
    } else unmapped.push(`#${blockLine(shownBlock(block, BigInt(pfn) * BigInt(pageBytes)), false, width).slice(1)}`)
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
