import { deflateRawSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { ArchiveFormat } from '../../shared/analysis/archive-format.ts'
import { type UnpackLimits, unpackLimits } from '../../shared/archive/limits.ts'
import { ArchiveRefused } from '../../shared/archive/refusals.ts'
import { unpackDump } from '../../shared/archive/unpack.ts'
import { bufferSource } from '../../shared/bytes/buffer-source.ts'
import { countingSource } from '../../shared/bytes/counting-source.ts'
import { archiveFormatOf } from '../../shared/dump/foreign-formats.ts'
import { cabOf, zipOf } from './packers.ts'
import { someDump } from './some-dump.ts'

const dump = someDump(200_000)
const packed = deflateRawSync(dump)
const zip = zipOf([{ content: dump }])
const gzip = gzipSync(dump)
const zstd = zstdCompressSync(dump)
const cab = cabOf(dump)

const changed = (bytes: Uint8Array, at: number, change: (byte: number) => number): Uint8Array => {
  const copy = Buffer.from(bytes)
  const index = at < 0 ? copy.length + at : at
  copy[index] = change(copy[index])
  return copy
}
const flipped = (bytes: Uint8Array, at: number) => changed(bytes, at, (byte) => byte ^ 0xff)
const cut = (bytes: Uint8Array, by: number) => bytes.subarray(0, bytes.length - by)
const joined = (...pieces: (Uint8Array | string)[]) =>
  Buffer.concat(pieces.map((piece) => Buffer.from(piece as Uint8Array)))

/** A ZIP whose packed bytes are zeros for as long as it takes; its first bytes are a dump's. */
const bombBytes = 64 * 2 ** 20
const bomb = someDump(bombBytes).fill(0, 8)

/** Two directory entries that mean the same packed bytes, as overlapping bombs do. */
const overlapping = zipOf([{ content: dump }, { name: 'b', content: dump, declared: { offset: 0 } }])

/** A Zstandard frame header that asks for a window of 2 GiB, then an empty last block. */
const hugeWindow = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x00, (31 - 10) << 3, 0x01, 0x00, 0x00)

const encryptedFlag = 1
const small: UnpackLimits = { ...unpackLimits, ratio: 20, anyRatioBytes: 2 ** 20 }

type Attack = { what: string; archive: Uint8Array; code: string; limits?: UnpackLimits; message?: RegExp }

const attacks: Attack[] = [
  { what: 'a ZIP bomb by its ratio', archive: zipOf([{ content: bomb }]), code: 'archive-too-large', limits: small },
  {
    what: 'a ZIP bomb that says it is small',
    archive: zipOf([{ content: bomb, declared: { bytes: 1000 } }]),
    code: 'archive-damaged',
    message: /more than it says/,
  },
  { what: 'a gzip bomb', archive: gzipSync(bomb), code: 'archive-too-large', limits: small },
  { what: 'a Zstandard bomb', archive: zstdCompressSync(bomb), code: 'archive-too-large', limits: small },
  {
    what: 'a bomb of zeros, which no dump begins with',
    archive: gzipSync(Buffer.alloc(bombBytes)),
    code: 'not-a-kernel-dump',
  },
  { what: 'overlapping entries', archive: overlapping, code: 'archive-several-files' },
  {
    what: 'an archive that unpacks to itself, as far as anyone looks',
    archive: zipOf([{ content: zip, name: 'r/r.zip' }]),
    code: 'archive-nested',
  },
  { what: 'gzip in gzip', archive: gzipSync(gzip), code: 'archive-nested' },
  { what: 'ZIP in Zstandard', archive: zstdCompressSync(zip), code: 'archive-nested' },
  {
    what: '7-Zip in ZIP',
    archive: zipOf([{ content: joined('7z\u00bc\u00af'.slice(0, 2), Uint8Array.of(0xbc, 0xaf, 0x27, 0x1c)) }]),
    code: 'archive-nested',
  },
  {
    what: 'a tar file in gzip',
    archive: gzipSync(joined('MEMORY.DMP', new Uint8Array(247), 'ustar', new Uint8Array(250), dump)),
    code: 'archive-nested',
  },
  {
    what: 'several dumps',
    archive: zipOf([{ content: dump }, { content: dump }, { content: dump }]),
    code: 'archive-several-files',
  },
  { what: 'several dumps in a cabinet', archive: cabOf(dump, { files: 2 }), code: 'archive-several-files' },
  { what: 'an empty ZIP', archive: zipOf([]), code: 'archive-empty' },
  {
    what: 'a folder and no file',
    archive: zipOf([{ name: 'dumps/', content: new Uint8Array(), method: 0 }]),
    code: 'archive-empty',
  },
  { what: 'an empty file', archive: zipOf([{ content: new Uint8Array() }]), code: 'archive-empty' },
  { what: 'an encrypted ZIP', archive: zipOf([{ content: dump, flags: encryptedFlag }]), code: 'archive-encrypted' },
  { what: 'AES encryption', archive: zipOf([{ content: dump, method: 99 }]), code: 'archive-encrypted' },
  {
    what: 'an unknown method',
    archive: zipOf([{ content: dump, method: 14 }]),
    code: 'archive-method',
    message: /LZMA/,
  },
  { what: 'LZX in a cabinet', archive: cabOf(dump, { method: 3 }), code: 'archive-method', message: /LZX/ },
  { what: 'a cabinet of several', archive: cabOf(dump, { flags: 1 }), code: 'archive-spanned' },
  { what: 'a picture', archive: zipOf([{ content: Buffer.from('\x89PNG\r\n', 'latin1') }]), code: 'image' },
  { what: 'a user minidump', archive: gzipSync(joined('MDMP', new Uint8Array(600))), code: 'user-minidump' },
  { what: 'a ZIP that is cut off', archive: cut(zip, 40), code: 'archive-truncated' },
  { what: 'a ZIP that is cut off in the middle', archive: zip.subarray(0, zip.length >> 1), code: 'archive-truncated' },
  { what: 'a ZIP of four bytes', archive: zip.subarray(0, 4), code: 'archive-truncated' },
  { what: 'a gzip that is cut off', archive: cut(gzip, 4), code: 'archive-truncated' },
  {
    what: 'a gzip that is cut off in the middle',
    archive: gzip.subarray(0, gzip.length >> 1),
    code: 'archive-truncated',
  },
  { what: 'a gzip of two bytes', archive: gzip.subarray(0, 2), code: 'archive-truncated' },
  { what: 'a Zstandard file that is cut off', archive: zstd.subarray(0, zstd.length >> 1), code: 'archive-truncated' },
  { what: 'a cabinet that is cut off', archive: cut(cab, 1), code: 'archive-truncated' },
  { what: 'a cabinet of ten bytes', archive: cab.subarray(0, 10), code: 'archive-truncated' },
  {
    what: 'a wrong CRC in ZIP',
    archive: zipOf([{ content: dump, crc: 1 }]),
    code: 'archive-damaged',
    message: /check sum/,
  },
  { what: 'a wrong CRC in gzip', archive: flipped(gzip, -8), code: 'archive-damaged', message: /check sum/ },
  { what: 'a wrong size in gzip', archive: flipped(gzip, -4), code: 'archive-damaged' },
  {
    what: 'a wrong sum in a cabinet',
    archive: cabOf(dump, { damage: true }),
    code: 'archive-damaged',
    message: /check sum/,
  },
  {
    what: 'fewer bytes than ZIP says',
    archive: zipOf([{ content: dump, declared: { bytes: 300_000 } }]),
    code: 'archive-damaged',
    message: /less/,
  },
  {
    what: 'fewer bytes than a cabinet says',
    archive: cabOf(dump, { declaredBytes: 300_000 }),
    code: 'archive-damaged',
  },
  { what: 'more bytes than a cabinet says', archive: cabOf(dump, { declaredBytes: 1_000 }), code: 'archive-damaged' },
  {
    what: 'bytes left over in an entry',
    archive: zipOf([{ content: dump, packed: joined(packed, 'more') }]),
    code: 'archive-damaged',
    message: /left over/,
  },
  {
    what: 'a directory that counts more than it has',
    archive: zipOf([{ content: dump }], { count: 7 }),
    code: 'archive-damaged',
  },
  {
    what: 'an entry beyond the end',
    archive: zipOf([{ content: dump, declared: { offset: 2 ** 31 } }]),
    code: 'archive-truncated',
  },
  {
    what: 'an entry that is not there',
    archive: zipOf([{ content: dump, declared: { offset: 1 } }]),
    code: 'archive-damaged',
  },
  {
    what: 'an entry that reaches into the directory',
    archive: zipOf([{ content: dump, declared: { packedBytes: packed.length + 1 } }]),
    code: 'archive-damaged',
  },
  { what: 'data after the end of a ZIP', archive: joined(zip, 'more'), code: 'archive-trailing-data' },
  { what: 'data after the end of a gzip', archive: joined(gzip, 'more'), code: 'archive-trailing-data' },
  { what: 'zeros after the end of a gzip', archive: joined(gzip, new Uint8Array(512)), code: 'archive-trailing-data' },
  { what: 'data after the end of a Zstandard file', archive: joined(zstd, 'more data'), code: 'archive-trailing-data' },
  { what: 'data after the end of a cabinet', archive: joined(cab, 'more'), code: 'archive-trailing-data' },
  { what: 'a Zstandard window of 2 GiB', archive: hugeWindow, code: 'archive-window' },
  {
    what: 'a million gzip members with nothing in them',
    archive: joined(...Array<Uint8Array>(3_000).fill(gzipSync(''))),
    code: 'archive-damaged',
    message: /pieces/,
  },
  {
    what: 'gzip in pieces so small that each costs more than what is in it',
    archive: joined(gzip, ...Array<Uint8Array>(3_000).fill(gzipSync(new Uint8Array(2_048)))),
    code: 'archive-damaged',
    message: /pieces/,
  },
  {
    what: 'Zstandard in such pieces',
    archive: joined(zstd, ...Array<Uint8Array>(3_000).fill(zstdCompressSync(new Uint8Array(2_048)))),
    code: 'archive-damaged',
    message: /pieces/,
  },
  {
    what: 'gzip with a name that does not end',
    archive: joined(Uint8Array.of(0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 0), Buffer.alloc(200_000, 'a')),
    code: 'archive-damaged',
  },
  { what: 'gzip with reserved flags', archive: changed(gzip, 3, () => 0x80), code: 'archive-damaged' },
  {
    what: 'noise for DEFLATE',
    archive: zipOf([{ content: dump, packed: Buffer.alloc(5_000, 0xff) }]),
    code: 'archive-damaged',
  },
  {
    what: 'noise for Deflate64',
    archive: zipOf([{ content: dump, method: 9, packed: Buffer.alloc(5_000, 0xff) }]),
    code: 'archive-damaged',
  },
  {
    what: 'Deflate64 that ends early',
    archive: zipOf([{ content: dump, method: 9, packed: packed.subarray(0, 1000) }]),
    code: 'archive-truncated',
  },
]

describe('an archive is refused, says why, and costs little', () => {
  test.each(attacks)('$what', async ({ archive, code, limits = unpackLimits, message = /\S/ }) => {
    const source = countingSource(bufferSource(archive))
    const format = archiveFormatOf(archive.subarray(0, 16))
    expect(format).not.toBeNull()
    let bytes = 0
    const run = async (): Promise<void> => {
      for await (const chunk of unpackDump(source, format as ArchiveFormat, { limits })) bytes += chunk.length
    }
    const error = await run().then(
      () => null,
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(ArchiveRefused)
    const { tag, advice, message: said } = error as ArchiveRefused
    expect(tag).toBe(code)
    expect(said).toMatch(message)
    for (const sentence of [said, advice]) expect(sentence).toMatch(/^[A-Z].*\.$/s)
    expect(bytes).toBeLessThanOrEqual(Math.max(limits.anyRatioBytes, limits.ratio * archive.length))
    // Once through, and a look at the directory at the end.
    expect(source.counts.bytes).toBeLessThanOrEqual(archive.length + 2 * Math.min(archive.length, 200_000))
  })
})

describe('names are not looked at as paths', () => {
  test.each([
    '../../etc/passwd',
    '/etc/passwd',
    'C:\\Windows\\MEMORY.DMP',
    '..\\..\\a',
    'a\0b',
    '',
    'dumps/2026/MEMORY.DMP',
    '<img src=x>',
  ])('a dump called %j is a dump', async (name) => {
    let bytes = 0
    for await (const chunk of unpackDump(bufferSource(zipOf([{ name, content: dump }])), 'zip')) bytes += chunk.length
    expect(bytes).toBe(dump.length)
  })
})
