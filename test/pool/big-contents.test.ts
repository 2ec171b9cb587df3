import { describe, expect, test } from 'vitest'
import { bigPageLayouts } from '../../shared/kernel/pools/pool-big-page-layout.ts'
import { readBigPages } from '../../shared/kernel/pools/pool-big-page-table.ts'
import { keyOfTag } from '../../shared/kernel/pools/pool-tag.ts'
import { contentsOfBigBlocks, tagsOfBigBlocks } from '../../shared/pool/big-contents.ts'
import { fakeMemory } from '../kernel/fake-memory.ts'

const layout = bigPageLayouts.find(({ name }) => name === 'x86, 2003')!
const tableAt = 0x81000000n
const entries = 4096
const leaky = { name: 'leaky.sys', base: 0xf50b3000n, size: 0x7000 }
const other = { name: 'other.sys', base: 0xf6000000n, size: 0x7000 }

type Block = { readonly tag: string; readonly pages: number; readonly word: number; readonly absent?: true }

/** A table with these blocks, one after another from 82000000 on, each with a word at offset 20 hex. */
const machine = async (blocks: readonly Block[]) => {
  const table = new Uint8Array(entries * layout.entryBytes)
  const view = new DataView(table.buffer)
  let address = 0x82000000
  const regions = blocks.map(({ tag, pages, word }, index) => {
    const at = index * layout.entryBytes
    view.setUint32(at, address, true)
    view.setUint32(at + layout.key, keyOfTag(tag), true)
    view.setUint32(at + layout.size.offset, (pages * 4096) / layout.size.unit, true)
    const bytes = new Uint8Array(pages * 4096)
    new DataView(bytes.buffer).setUint32(0x20, word, true)
    const region = { address: BigInt(address), bytes }
    address += pages * 4096
    return region
  })
  const present = regions.filter((_, index) => blocks[index].absent !== true)
  const memory = fakeMemory(4, [{ address: tableAt, bytes: table }, ...present])
  return { memory, big: await readBigPages(memory, layout, tableAt, entries, () => false) }
}

const repeated = (count: number, block: Block): Block[] => Array.from({ length: count }, () => block)
const leak: Block = { tag: 'Leak', pages: 3, word: Number(leaky.base) + 0x1234 }
const innocent: Block = { tag: 'MmCm', pages: 1, word: Number(other.base) + 8 }

describe('blocks of a page or more', () => {
  test('are looked into, 64 of a tag, and those of other tags as a control', async () => {
    const { memory, big } = await machine([...repeated(200, leak), ...repeated(30, innocent)])
    const before = memory.reads
    const [contents] = await contentsOfBigBlocks(memory, big, [keyOfTag('Leak')], [leaky, other], [])
    expect(contents).toEqual({
      tag: 'Leak',
      sampledBlocks: 64,
      otherSampledBlocks: 30,
      modules: [{ module: 'leaky.sys', base: '0xf50b3000', blocks: 64, otherBlocks: 0, example: '0xf50b4234' }],
    })
    expect(memory.reads - before).toBeLessThanOrEqual(64 + 30 + 1)
  })

  test('have small blocks of other tags as a control as well', async () => {
    const { memory, big } = await machine(repeated(20, leak))
    const control = [{ at: 0, pointers: [[0, '0xf50b3000']] as [number, string][] }]
    const [contents] = await contentsOfBigBlocks(memory, big, [keyOfTag('Leak')], [leaky, other], control)
    expect(contents).toMatchObject({ sampledBlocks: 20, otherSampledBlocks: 1, modules: [{ otherBlocks: 1 }] })
  })

  test('that are not in the dump are passed over; a tag with no other is left out', async () => {
    const out = { ...leak, absent: true as const }
    const mixed = await machine([...repeated(50, out), ...repeated(20, leak)])
    const key = keyOfTag('Leak')
    expect(await contentsOfBigBlocks(mixed.memory, mixed.big, [key], [leaky], [])).toMatchObject([
      { sampledBlocks: 20 },
    ])
    const none = await machine(repeated(50, out))
    expect(await contentsOfBigBlocks(none.memory, none.big, [key], [leaky], [])).toEqual([])
  })

  test('speak for the tags that hold most of their bytes in such, and a good part of a pool', async () => {
    const { big } = await machine([...repeated(10, leak), ...repeated(30, innocent)])
    const [key, bytes] = [keyOfTag('Leak'), 10 * 3 * 4096]
    const tag = (of: number, key: number) => ({ key, nonPaged: { bytes: of }, paged: { bytes: 0 } })
    const rest = (of: number) => tag(of, keyOfTag('Rest'))
    expect(tagsOfBigBlocks(big, [tag(bytes, key), rest(4 * bytes)])).toEqual([key])
    expect(tagsOfBigBlocks(big, [tag(bytes, key), rest(4 * bytes + 4096)])).toEqual([])
    expect(tagsOfBigBlocks(big, [tag(2 * bytes + 1, key), rest(4 * bytes)])).toEqual([])
  })
})
