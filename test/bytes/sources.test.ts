import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bufferSource } from '../../shared/bytes/buffer-source.ts'
import { openFileSource } from '../../shared/bytes/file-source.ts'
import { planReads, readPieces } from '../../shared/bytes/read-plan.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dumpline-bytes-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('a file as a source', () => {
  test('reads exactly the bytes asked for, wherever they are', async () => {
    const path = join(folder, 'a')
    await writeFile(
      path,
      Uint8Array.from({ length: 5000 }, (_, index) => index & 0xff),
    )
    await using source = await openFileSource(path)
    expect(source.size).toBe(5000)
    expect([...(await source.read(255, 3))]).toEqual([255, 0, 1])
    expect((await source.read(5000, 0)).length).toBe(0)
  })

  test('rejects a read past its end, and one that the file has shrunk away from', async () => {
    const path = join(folder, 'b')
    await writeFile(path, new Uint8Array(100))
    await using source = await openFileSource(path)
    await expect(source.read(90, 11)).rejects.toMatchObject({ tag: 'short-read' })
    await truncate(path, 50)
    await expect(source.read(40, 20)).rejects.toMatchObject({ tag: 'short-read' })
  })
})

test('a buffer rejects a read past its end', async () => {
  await expect(bufferSource(new Uint8Array(4)).read(2, 3)).rejects.toMatchObject({ tag: 'short-read' })
})

describe('a plan of reads', () => {
  test('merges pieces that lie near one another in the file and keeps far ones apart', () => {
    const plan = planReads([
      { fileOffset: 0x9000, length: 0x1000, target: 0 },
      { fileOffset: 0x3000, length: 0x1000, target: 0x1000 },
      { fileOffset: 0x4000_0000, length: 0x1000, target: 0x2000 },
    ])
    expect(plan.map(({ offset, length }) => [offset, length])).toEqual([
      [0x3000, 0x7000],
      [0x4000_0000, 0x1000],
    ])
  })

  test('puts every piece where it belongs', async () => {
    const bytes = Uint8Array.from({ length: 4000 }, (_, index) => (index * 7) & 0xff)
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(3900), fc.integer({ min: 1, max: 100 }))), async (wanted) => {
        let target = 0
        const pieces = wanted.map(([fileOffset, length]) => {
          const piece = { fileOffset, length, target }
          target += length
          return piece
        })
        const into = new Uint8Array(target)
        await readPieces(bufferSource(bytes), pieces, into)
        for (const piece of pieces)
          expect(into.subarray(piece.target, piece.target + piece.length)).toEqual(
            bytes.subarray(piece.fileOffset, piece.fileOffset + piece.length),
          )
      }),
    )
  })
})
