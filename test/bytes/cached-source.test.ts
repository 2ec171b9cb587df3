import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bufferSource } from '../../shared/bytes/buffer-source.ts'
import { cachedSource } from '../../shared/bytes/cached-source.ts'
import { countingSource } from '../../shared/bytes/counting-source.ts'
import type { ByteSource } from '../../shared/bytes/source.ts'

const bytes = Uint8Array.from({ length: 10_000 }, (_, index) => (index * 31) & 0xff)
const blocks = (blockBytes: number, count: number) => ({ blockBytes, maxBytes: blockBytes * count })

describe('a cached source', () => {
  test('gives the same bytes as the source itself, whatever is read in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(bytes.length), fc.nat(3_000)), { maxLength: 30 }),
        fc.integer({ min: 1, max: 700 }),
        fc.integer({ min: 1, max: 9 }),
        async (reads, blockBytes, count) => {
          const cached = cachedSource(bufferSource(bytes), blocks(blockBytes, count))
          const wanted = reads.map(([offset, length]) => [offset, Math.min(length, bytes.length - offset)] as const)
          const got = await Promise.all(wanted.map(([offset, length]) => cached.read(offset, length)))
          for (const [index, [offset, length]] of wanted.entries())
            expect(got[index]).toEqual(bytes.subarray(offset, offset + length))
        },
      ),
      { numRuns: 200 },
    )
  })

  test('fetches a block once, however many ask for it at the same time', async () => {
    const counted = countingSource(bufferSource(bytes))
    const cached = cachedSource(counted, blocks(1000, 8))
    await Promise.all([cached.read(10, 5), cached.read(20, 5), cached.read(990, 10)])
    await cached.read(0, 1000)
    expect(counted.counts).toEqual({ reads: 1, bytes: 1000 })
  })

  test('fetches neighbouring missing blocks in one read, around those it has', async () => {
    const counted = countingSource(bufferSource(bytes))
    const cached = cachedSource(counted, blocks(100, 40))
    await cached.read(200, 100)
    await cached.read(0, 800)
    expect(counted.counts).toEqual({ reads: 3, bytes: 800 })
  })

  test('keeps the blocks used last and forgets the others', async () => {
    const counted = countingSource(bufferSource(bytes))
    const cached = cachedSource(counted, blocks(1000, 2))
    for (const offset of [0, 1000, 0, 2000, 0]) await cached.read(offset, 10)
    expect(counted.counts.reads).toBe(3)
    await cached.read(1000, 10)
    expect(counted.counts.reads).toBe(4)
  })

  test('lets big reads through without throwing out what it holds', async () => {
    const counted = countingSource(bufferSource(bytes))
    const cached = cachedSource(counted, blocks(1000, 4))
    await cached.read(0, 10)
    await cached.read(0, 9000)
    await cached.read(0, 10)
    expect(counted.counts).toEqual({ reads: 2, bytes: 10_000 })
  })

  test('forgets a block that could not be fetched, so that the next read tries again', async () => {
    let failing = true
    const flaky: ByteSource = {
      size: bytes.length,
      read: (offset, length) =>
        failing ? Promise.reject(new Error('network')) : bufferSource(bytes).read(offset, length),
    }
    const cached = cachedSource(flaky, blocks(1000, 4))
    await expect(cached.read(0, 10)).rejects.toThrow('network')
    failing = false
    expect(await cached.read(0, 10)).toEqual(bytes.subarray(0, 10))
  })

  test('passes on a short read instead of zeroes', async () => {
    const cached = cachedSource(bufferSource(bytes), blocks(1000, 4))
    await expect(cached.read(9_995, 10)).rejects.toMatchObject({ tag: 'short-read' })
  })
})
