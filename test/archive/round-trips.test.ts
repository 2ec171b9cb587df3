import { gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ArchiveFormat } from '../../shared/analysis/archive-format.ts'
import { tooFinelyCut } from '../../shared/archive/limits.ts'
import { ArchiveRefused } from '../../shared/archive/refusals.ts'
import { cabOf, zipOf } from './packers.ts'
import { someDump, unpacked } from './some-dump.ts'

const dump = Buffer.from(someDump(300_000))

const skippable = Uint8Array.of(0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3)
const gzipWithEverything = (content: Uint8Array): Uint8Array => {
  const plain = gzipSync(content)
  const header = Buffer.from(plain.subarray(0, 10))
  header[3] = 2 | 4 | 8 | 16
  return Buffer.concat([header, Uint8Array.of(3, 0, 1, 2, 3), Buffer.from('name\0comment\0xx'), plain.subarray(10)])
}

const packers: [string, ArchiveFormat, (content: Uint8Array) => Uint8Array][] = [
  ['a ZIP', 'zip', (content) => zipOf([{ content }])],
  ['a stored ZIP', 'zip', (content) => zipOf([{ content, method: 0 }])],
  ['a ZIP with a data descriptor', 'zip', (content) => zipOf([{ content, dataDescriptor: true }])],
  ['a ZIP with Zip64 fields', 'zip', (content) => zipOf([{ content, zip64: true }], { zip64: true })],
  [
    'a ZIP with a comment',
    'zip',
    (content) => zipOf([{ content }], { comment: Buffer.from('PK\u0005\u0006 a comment') }),
  ],
  [
    'a ZIP with Zstandard inside',
    'zip',
    (content) => zipOf([{ content, method: 93, packed: zstdCompressSync(content) }]),
  ],
  [
    'a ZIP with folders and what macOS adds',
    'zip',
    (content) =>
      zipOf([
        { name: 'dumps/', content: new Uint8Array(), method: 0 },
        { name: 'dumps/MEMORY.DMP', content },
        { name: '__MACOSX/dumps/._MEMORY.DMP', content: Buffer.from('finder') },
      ]),
  ],
  ['gzip', 'gzip', (content) => gzipSync(content)],
  ['gzip with all optional fields', 'gzip', gzipWithEverything],
  [
    'gzip of two members',
    'gzip',
    (content) => Buffer.concat([gzipSync(content.subarray(0, 9)), gzipSync(content.subarray(9))]),
  ],
  ['Zstandard', 'zstd', (content) => zstdCompressSync(content)],
  [
    'Zstandard of several frames',
    'zstd',
    (content) =>
      Buffer.concat([
        zstdCompressSync(content.subarray(0, 9)),
        skippable,
        zstdCompressSync(content.subarray(9)),
        skippable,
      ]),
  ],
  ['a cabinet', 'cab', (content) => cabOf(content)],
  ['a stored cabinet', 'cab', (content) => cabOf(content, { method: 0 })],
]

describe.each(packers)('%s', (_, format, pack) => {
  test('gives back the dump byte for byte', async () => {
    expect((await unpacked(pack(dump), format)).equals(dump)).toBe(true)
  })

  test('wherever the pieces that it is read in end', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 16, max: 30_000 }),
        fc.integer({ min: 1, max: 5_000 }),
        async (bytes, pieceBytes) => {
          const content = Buffer.from(someDump(bytes, bytes))
          expect((await unpacked(pack(content), format, { pieces: { pieceBytes } })).equals(content)).toBe(true)
        },
      ),
      { numRuns: 5 },
    )
  })

  test('damaged anywhere gives the dump or a refusal, never anything else', async () => {
    const content = Buffer.from(someDump(20_000))
    const archive = pack(content)
    const runs = Number(process.env.DUMPLINE_FUZZ_RUNS ?? 60)
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: archive.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        fc.nat({ max: 40 }),
        async (at, change, lost) => {
          const damaged = Buffer.from(archive)
          damaged[at] ^= change
          const bytes = await unpacked(damaged.subarray(0, damaged.length - lost), format).catch((error: unknown) => {
            if (error instanceof ArchiveRefused) return null
            throw error
          })
          // These Zstandard frames have no check sum; everything else does.
          if (bytes !== null && format !== 'zstd') expect(bytes.equals(content)).toBe(true)
        },
      ),
      { numRuns: runs },
    )
  })
})

test('pieces of a usual size are no matter', () => {
  expect(tooFinelyCut(2_000_000, 2_000_000 * 65_536)).toBe(false)
  expect(tooFinelyCut(2_000, 2_000)).toBe(true)
})
