import type { ByteSource } from '../../shared/bytes/source.ts'
import { bitmapDump } from '../forge/container/bitmap-dump.ts'
import { buildMachine } from '../forge/machine/machine.ts'
import { pageBytes } from '../forge/memory/physical.ts'
import { matrixMachines } from '../forge/scenarios/matrix.ts'
import { hexVa } from '../forge/words.ts'

/** A dump too large to hold: what the forge wrote and where; everything else is zero. */
export type SparseDump = {
  readonly bytes: number
  readonly parts: readonly { readonly offset: number; readonly bytes: Buffer }[]
  /** What a reader must find in it. */
  readonly truth: { readonly modules: readonly string[]; readonly kernelBase: string; readonly kdbgSize: number }
}

const gigabyte = 2 ** 30
/** One page in so many is not in the dump, so that the bitmap has thousands of runs. */
const holeEvery = 4096

/**
 * A bitmap dump of a machine with so many GiB of memory, nearly all of it stored: a small machine of the forge spread over
 * it, its pages where they belong, all others zero.
 */
export const sparseDump = (gigabytes: number): SparseDump => {
  const pages = (gigabytes * gigabyte) / pageBytes
  const model = matrixMachines.find(({ name }) => name === 'x64-19041')!
  const machine = buildMachine({
    ...model,
    name: `sparse-${gigabytes}`,
    drivers: null,
    holes: false,
    // The database of so many pages would reach into the pool where the model has it.
    addresses: { ...model.addresses, pfnDatabase: 0xfa0000000000 },
    physical: {
      ...model.physical,
      pages,
      machineRuns: [{ base: 1, pages }],
      lent: [0.03, 0.2, 0.5, 0.7, 0.93].map((share) => ({
        base: Math.floor((pages * share) / 512) * 512,
        pages: 0x400,
      })),
    },
  })
  const forged = machine.physical.regions()
  const needed = new Set(
    forged.flatMap(({ pfn, pages: count }) => Array.from({ length: count }, (_, page) => pfn + page)),
  )
  const runs: { base: number; pages: number; pieces: Buffer[] }[] = []
  let base = 1
  for (let hole = holeEvery; hole <= pages; hole += holeEvery) {
    if (needed.has(hole)) continue
    runs.push({ base, pages: hole - base, pieces: [] })
    base = hole + 1
  }
  const spec = { dumpType: 7, mark: 'SDMP', firstPage: 'aligned', spareBits: 0 } as const
  const dump = bitmapDump(machine.facts, runs, spec)
  const parts = forged.flatMap((region) =>
    Array.from({ length: region.pages }, (_, page) => ({
      offset: dump.offsetOf(region.pfn + page)!,
      bytes: region.bytes.subarray(page * pageBytes, (page + 1) * pageBytes),
    })),
  )
  return {
    bytes: dump.bytes,
    parts: [{ offset: 0, bytes: dump.pieces[0] }, ...parts],
    truth: {
      modules: machine.images.all.map(({ spec: image }) => image.name),
      kernelBase: hexVa(machine.images.nt.spec.base, 8),
      kdbgSize: model.layout.kdbgSize,
    },
  }
}

/** The dump as a source, without a file. */
export const sparseSource = ({ bytes: size, parts }: SparseDump): ByteSource => ({
  size,
  read: async (offset, length) => {
    if (offset < 0 || offset + length > size) throw new RangeError(`${length} bytes at ${offset} are not in the dump.`)
    const read = new Uint8Array(length)
    for (const part of parts) {
      const from = Math.max(offset, part.offset)
      const to = Math.min(offset + length, part.offset + part.bytes.length)
      if (from < to) read.set(part.bytes.subarray(from - part.offset, to - part.offset), from - offset)
    }
    return read
  },
})
