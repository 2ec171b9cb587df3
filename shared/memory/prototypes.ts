import { viewOf } from '../bytes/view.ts'
import { decodeEntry } from './pte.ts'
import { type PageTables, type Span, walk } from './walk.ts'

/**
 * Looks up the prototype PTEs of spans that name one (reference 5.8): an entry there that is valid or in transition
 * gives the page. Prototype PTEs lie in paged pool, so that they may be absent themselves: the page then stays
 * absent for the reason `prototype`.
 */
export const resolvePrototypes = async (tables: PageTables, spans: readonly Span[]): Promise<Span[]> => {
  const resolved: Span[] = []
  for (const span of spans)
    resolved.push('pfn' in span || span.prototype === undefined ? span : await resolve(tables, span, span.prototype))
  return resolved
}

const resolve = async (tables: PageTables, span: Span, address: bigint): Promise<Span> => {
  const { mode, era } = tables.space
  const page = Number(BigInt.asUintN(mode.addressBits, address) >> 12n)
  const [holder] = await walk(tables, page, 1)
  const absent: Span = { first: span.first, pages: span.pages, reason: 'prototype' }
  if (!('pfn' in holder) || address % BigInt(mode.entryBytes) !== 0n) return absent
  const offset = tables.physical.locate(holder.pfn)
  if (typeof offset !== 'number') return absent
  const view = viewOf(await tables.source.read(offset + Number(address & 0xfffn), mode.entryBytes))
  const leaf = mode.levels[mode.levels.length - 1]
  const high = mode.entryBytes === 8 ? view.getUint32(4, true) : 0
  const entry = decodeEntry(mode, leaf, era, view.getUint32(0, true), high, true)
  if (entry.kind === 'absent') return { ...absent, reason: entry.reason }
  // Prototypes describe what processes share: user pages and views of files, which the kernel does not execute.
  return { first: span.first, pages: span.pages, pfn: entry.pfn, executable: false }
}
