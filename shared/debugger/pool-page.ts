import { type BigPage, type BigPages, eachBigPage } from '../kernel/pools/pool-big-page-table.ts'
import { blockKind, type PoolHeaderFormat, poolHeaderFormats } from '../kernel/pools/pool-header.ts'
import { tagOfKey } from '../kernel/pools/pool-tag.ts'
import { absentBytes } from '../memory/ranges.ts'
import { blocksOfPage, formatOfPage, type PageBlock } from '../pool/page-blocks.ts'
import { isProcess } from '../pool/scan-page.ts'
import { debuggerDigits } from '../report/debugger-text.ts'
import { blockLine, largeBlockLine, type ShownBlock, tagLines } from '../report/pool-page.ts'
import { type Cursor, parseExpression } from './expression.ts'
import { expectEnd } from './range.ts'
import type { Target } from './target.ts'

const pageBytes = 4096n
const regions: Readonly<Record<number, string>> = {
  [blockKind.nonPaged]: 'Nonpaged pool',
  [blockKind.paged]: 'Paged pool',
}

/** `!pool ADDRESS`: the blocks of the page, a star at the one that holds the address; or the large block that does. */
export const showPoolPage = async (target: Target, cursor: Cursor): Promise<string> => {
  const { memory } = target
  const address = await parseExpression(cursor, target)
  expectEnd(cursor)
  const width = memory.pointerBytes
  const start = address & ~(pageBytes - 1n)
  const title = (region: string): string => `Pool page ${debuggerDigits(address, width)} region is ${region}`

  const big = target.kernel === null ? null : (await target.accounting()).big
  const large = big === null ? null : await largeBlockAt(target, big, address)
  if (large !== null) {
    const tag = tagOfKey(large.key)
    const region = large.paged === null ? 'Unknown' : large.paged ? 'Paged pool' : 'Nonpaged pool'
    return [title(region), largeBlockLine({ ...large, tag }, width), ...tagLines(tag, target.tags(tag))].join('\n')
  }
  const range = await memory.read(start, Number(pageBytes))
  if (absentBytes(range.gaps) > 0) return `${title('Unknown')}\n(The page is not in the dump: ${range.gaps[0].reason}.)`
  const format = formatOfPage(range.bytes, poolHeaderFormats(target.header.build, width))
  const knownKeys = format.pages === 'scattered' && target.kernel !== null ? await trackedKeys(target) : null
  const { blocks, brokenAt } = blocksOfPage(range.bytes, format, knownKeys)
  const region = regions[blocks.find(({ kind }) => kind >= blockKind.nonPaged)?.kind ?? 0] ?? 'Unknown'
  const offset = Number(address - start)
  const lines = blocks.flatMap((block) => {
    const shown = shownBlock(block, start, format)
    const starred = offset >= block.offset && offset < block.offset + block.size
    return [blockLine(shown, starred, width), ...(starred ? tagLines(shown.tag, target.tags(shown.tag)) : [])]
  })
  const notes = [
    ...(brokenAt === null
      ? []
      : [
          `${debuggerDigits(start + BigInt(brokenAt), width)} is not a valid small pool allocation: the chain of headers breaks here, or this is no pool page.`,
        ]),
    ...(brokenAt !== null && big === null
      ? ['(The table of large pool allocations was not found, so that it may be part of one.)']
      : []),
    ...(format.pages === 'scattered'
      ? [
          `(On this version of Windows headers do not tile a page: shown is what looks like one and has a ${knownKeys === null ? 'printable tag' : 'tag that the pool tracker knows'}.)`,
        ]
      : []),
  ]
  return [title(region), ...lines, ...notes].join('\n')
}

const shownBlock = (block: PageBlock, page: bigint, format: PoolHeaderFormat): ShownBlock => ({
  address: page + BigInt(block.offset),
  size: block.size,
  previousSize: block.previousSize,
  allocated: block.kind >= blockKind.nonPaged,
  tag:
    format.processForTag && isProcess(block.key, block.type)
      ? `Process: ${block.key.toString(16)}`
      : tagOfKey(block.key),
  isProtected: block.kind >= blockKind.nonPaged && block.key >>> 31 === 1,
})

/** The tags that the tracker knows, for builds on which a header is recognised by them. */
export const trackedKeys = async (target: Target): Promise<ReadonlySet<number>> => {
  const { totals } = await target.accounting()
  return new Set((totals ?? []).map(({ key }) => key))
}

const largeBlockAt = async (target: Target, big: BigPages, address: bigint): Promise<BigPage | null> => {
  for await (const page of eachBigPage(target.memory, big))
    if (address >= page.address && address < page.address + BigInt(page.bytes)) return page
  return null
}
