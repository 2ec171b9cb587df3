import { describe, expect, test } from 'vitest'
import { type ExpansionQuery, findExpansion } from '../../../shared/kernel/pools/pool-expansion.ts'
import { readTable } from '../../../shared/kernel/pools/pool-table.ts'
import { type TrackerLayout, trackerLayouts } from '../../../shared/kernel/pools/pool-tracker-layout.ts'
import { fakeMemory, type Region, randomBytes } from '../fake-memory.ts'
import { placeRows, type Row, someRows, trackerBytes } from './tracker-bytes.ts'

const slots = 64
const tags = someRows(slots + 40)
const full = placeRows(tags.slice(0, slots), slots)
const more: (Row | null)[] = [...tags.slice(slots, slots + 7), ...Array.from({ length: 9 }, () => null)]

const addresses = (layout: TrackerLayout) =>
  layout.pointerBytes === 4
    ? { image: 0xe0800000n, main: 0x8a000000n, other: 0x8a100000n }
    : { image: 0xfffff800_01000000n, main: 0xfffffa80_00100000n, other: 0xfffffa80_00200000n }

type World = {
  readonly layout: TrackerLayout
  readonly main?: readonly (Row | null)[]
  readonly other?: readonly (Row | null)[]
  readonly size?: number
  readonly known?: ExpansionQuery['known']
}

/** PoolTrackTable's variable, 0x40 bytes after it the pointer to another table, and that table's size beside it. */
const search = async ({ layout, main = full, other = more, size = 16, known = null }: World) => {
  const { image, main: address, other: elsewhere } = addresses(layout)
  const data = randomBytes(0x6000, 5)
  const view = new DataView(data.buffer)
  const word = (place: number, value: bigint) =>
    layout.pointerBytes === 4 ? view.setUint32(place, Number(value), true) : view.setBigUint64(place, value, true)
  word(0x3000, address)
  word(0x3040, elsewhere)
  word(0x3048, BigInt(size))
  const regions: Region[] = [
    { address: image + 0x4000n, bytes: data },
    { address, bytes: trackerBytes(layout, main) },
    { address: elsewhere, bytes: trackerBytes(layout, other) },
  ]
  const memory = fakeMemory(layout.pointerBytes, regions)
  return findExpansion(memory, {
    tracker: await readTable(memory, address, layout.entryBytes, main.length),
    layout,
    variable: image + 0x7000n,
    image: { address: image, length: 0x200000 },
    known,
  })
}

describe.each(trackerLayouts.map((layout) => [layout.name, layout] as const))(
  'the expansion table, %s',
  (_, layout) => {
    test('is found beside a full PoolTrackTable by its content', async () => {
      const { table, missing } = await search({ layout })
      expect(table).toMatchObject({ address: addresses(layout).other, entries: 16 })
      expect(missing).toBeNull()
    })

    test('is not looked for while there is room', async () => {
      const withRoom = [...full]
      withRoom[5] = null
      expect(await search({ layout, main: withRoom })).toEqual({ table: null, missing: null })
    })

    test.each([
      ['tags of PoolTrackTable', [...tags.slice(0, 5), ...more.slice(0, 11)], 16],
      ['a tag after an empty row', [...tags.slice(slots, slots + 5), null, ...tags.slice(slots + 5, slots + 15)], 16],
      ['the same tag twice', [...tags.slice(slots, slots + 4), tags[slots], ...more.slice(5)], 16],
      ['too few tags to believe', [...tags.slice(slots, slots + 3), ...Array.from({ length: 13 }, () => null)], 16],
      ['a size beyond what is mapped', more, 4000],
    ])('is not believed with %s: tags may be missing then', async (_, other, size) => {
      const { table, missing } = await search({ layout, other, size })
      expect(table).toBeNull()
      expect(missing).toMatch(/may be missing/)
    })

    test('by symbols is read as it is, and absent rows are told', async () => {
      const known = { address: addresses(layout).other, entries: 20 }
      const { table, missing } = await search({ layout, known, main: [...full.slice(1), null] })
      expect(table?.entries).toBe(20)
      expect(missing).toMatch(/4 of 20 rows/)
      expect(await search({ layout, known: 'none' })).toEqual({ table: null, missing: null })
    })
  },
)
