import type { Machine } from './machine/machine.ts'
import { createRandom } from './random.ts'
import { hexVa } from './words.ts'

/** A virtual address and what a reader must find there: 16 bytes, or why there are none. */
export type Sample =
  | { readonly address: string; readonly bytes: string }
  | { readonly address: string; readonly reason: string }

const presentSamples = 300
const selfMapSamples = 40
const absentSamples = 120
const unmappedSamples = 40
const sampleBytes = 16

/** Addresses from all over the kernel, drawn by the scenario's seed. */
export const samplesOf = ({ scenario, space }: Machine): Sample[] => {
  const random = createRandom(`${scenario.name}/samples`)
  const { width } = scenario.layout
  const { mode } = space
  const at = (va: number): string => hexVa(va, width)
  const present = [...space.present.keys()]
  const samples: Sample[] = []
  for (let count = 0; count < presentSamples; count++) {
    const page = random.pick(present)
    const offset = random.below(4096 - sampleBytes)
    const { bytes } = space.frame(page)!
    samples.push({
      address: at(page * 4096 + offset),
      bytes: bytes.subarray(offset, offset + sampleBytes).toString('hex'),
    })
  }
  // The entry that maps a page, seen through the self-map.
  for (let count = 0; count < selfMapSamples; count++) {
    const page = random.pick(present)
    const table = space.tableOf(page * 4096)
    if (table === undefined) continue
    const spread = mode.width === 8 ? page % 2 ** 36 : page
    samples.push({
      address: at(mode.selfMap + spread * mode.entryBytes),
      bytes: table.frame.bytes.subarray(table.offset, table.offset + mode.entryBytes).toString('hex'),
    })
  }
  const byReason = new Map<string, number[]>()
  for (const [page, reason] of space.absent) {
    const known = byReason.get(reason)
    if (known === undefined) byReason.set(reason, [page])
    else known.push(page)
  }
  for (let count = 0; count < absentSamples; count++) {
    const reason = random.pick([...byReason.keys()])
    samples.push({ address: at(random.pick(byReason.get(reason)!) * 4096 + random.below(4096)), reason })
  }
  // Just behind something mapped, where an off-by-one would look, and nothing is.
  for (let count = 0; count < unmappedSamples; ) {
    const page = random.pick(present) + random.between(1, 4000)
    if (space.frame(page) !== undefined || space.absent.has(page) || page * 4096 >= limit(mode.width)) continue
    if (isSelfMap(page, mode)) continue
    samples.push({ address: at(page * 4096 + random.below(4096)), reason: 'not-mapped' })
    count++
  }
  return samples
}

const limit = (width: number): number => (width === 4 ? 0x100000000 : 0x1000000000000)

const isSelfMap = (page: number, { selfMap, name }: Machine['space']['mode']): boolean => {
  const size = name === 'x86' ? 0x400000 : name === 'x86-pae' ? 0x800000 : 0x8000000000
  return page * 4096 >= selfMap && page * 4096 < selfMap + size
}
