import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { x64Paging } from '../../shared/memory/paging.ts'
import { pteEra } from '../../shared/memory/pte.ts'
import { virtualMemory } from '../../shared/memory/virtual-memory.ts'
import { sparseMemory } from '../hand-made/sparse-memory.ts'
import { sharedFile, withoutSharedData } from '../shared-data.ts'

type Quoted = readonly [address: string, value: string]
type Walk = {
  dump: string
  kind: string
  va: string
  pxe?: Quoted
  ppe?: Quoted
  pde?: Quoted
  pte?: Quoted
  nextPde?: Quoted
  pa?: string
  pfn?: string
  bytes?: string
}

const rootPfn = 0x1ad
const pfnOf = (entry: bigint): number => Number((entry >> 12n) & 0xf_ffff_ffffn)
const fromHex = (text: string): Uint8Array =>
  Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))

/** Page tables in which the walk's quoted entries stand where the address looks them up; levels not quoted are made up. */
const tablesOf = (walk: Walk): Map<number, Uint8Array> => {
  const pages = new Map<number, Uint8Array>()
  const put = (pfn: number, offset: number, bytes: Uint8Array): void => {
    const page = pages.get(pfn) ?? new Uint8Array(4096)
    page.set(bytes, offset)
    pages.set(pfn, page)
  }
  const entry = (value: bigint): Uint8Array => new Uint8Array(new BigUint64Array([value]).buffer)
  const va = BigInt(walk.va)
  const quoted = [walk.pxe, walk.ppe, walk.pde, walk.pte]
  let pfn = rootPfn
  for (const [level, shift] of [39n, 30n, 21n, 12n].entries()) {
    const index = Number((va >> shift) & 0x1ffn)
    const value = BigInt(quoted[level]?.[1] ?? `0x${(0x100 + level).toString(16)}063`)
    put(pfn, index * 8, entry(value))
    if (level === 2 && walk.nextPde !== undefined) put(pfn, index * 8 + 8, entry(BigInt(walk.nextPde[1])))
    if (level === 2 && (value & 0x80n) !== 0n) break
    pfn = pfnOf(value)
  }
  return pages
}

const open = (pages: Map<number, Uint8Array>, build: number) => {
  const { source, physical } = sparseMemory(pages)
  const directoryTableBase = BigInt(rootPfn * 4096 + 2)
  return virtualMemory(source, physical, { mode: x64Paging, era: pteEra(build), directoryTableBase })
}

const aside = withoutSharedData()
describe.skipIf(aside)('page table walks quoted from the debugger', () => {
  const walks: Walk[] = aside
    ? []
    : JSON.parse(readFileSync(sharedFile('vectors', 'page-table-walks.json'), 'utf8')).vectors.filter(
        (walk: Walk) => walk.pte !== undefined || walk.pde !== undefined,
      )

  test('are all of those with entries', () => {
    expect(walks.length).toBe(9)
  })

  // Both generations of invalid entries: the quoted ones are valid or in transition, which reads alike in both.
  describe.each([17134, 19041])('under the rules of build %i', (build) => {
    test.each(walks)('$dump: $kind at $va', async (walk) => {
      const va = BigInt(walk.va)
      const pages = tablesOf(walk)
      const memory = open(pages, build)
      const expected =
        walk.pa !== undefined ? Number(BigInt(walk.pa) >> 12n) : Number(walk.pfn ?? pfnOf(BigInt(walk.pte?.[1] ?? 0)))
      // The tables are there and the page is not: it is mapped and not in the dump.
      if (walk.nextPde === undefined || expected !== 0x49ff)
        expect(await memory.translate(va)).toEqual({
          present: false,
          reason: 'not-in-dump',
          pfn: walk.kind === '2MiB large page' ? 0x4800 : expected,
        })
      if (!walk.bytes) return
      const bytes = fromHex(walk.bytes)
      const at = walk.kind === '2MiB large page' ? va + 0x100000n - 8n : va
      const into = Number(at & 0xfffn)
      const first = Number((at >> 12n) & 0x1ffn)
      const large = walk.pte === undefined
      const pfn = large ? pfnOf(BigInt(walk.pde?.[1] ?? 0)) + first : expected
      const both = new Uint8Array(8192)
      both.set(bytes, into)
      pages.set(pfn, both.slice(0, 4096))
      if (into + bytes.length > 4096)
        pages.set(walk.nextPde ? pfnOf(BigInt(walk.nextPde[1])) : pfn + 1, both.slice(4096))
      const range = await open(pages, build).read(at, bytes.length)
      expect(range.gaps).toEqual([])
      expect(range.bytes).toEqual(bytes)
    })
  })
})
