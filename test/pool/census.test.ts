import { expect, test } from 'vitest'
import { bufferSource } from '../../shared/bytes/buffer-source.ts'
import { countingSource } from '../../shared/bytes/counting-source.ts'
import { poolHeaderFormat } from '../../shared/kernel/pools/pool-header.ts'
import { keyOfTag, tagOfKey } from '../../shared/kernel/pools/pool-tag.ts'
import { censusOfBlocks, recurringTags } from '../../shared/pool/census.ts'
import type { ScannedTag } from '../../shared/pool/tag-counts.ts'
import { concat, randomBytes } from '../kernel/fake-memory.ts'

const format = poolHeaderFormat(19041, 8)

const header = (tag: string, units: number, type = 2): Uint8Array => {
  const bytes = new Uint8Array(16)
  bytes.set([0, 0, units, type])
  new DataView(bytes.buffer).setUint32(4, keyOfTag(tag), true)
  return bytes
}

test('headers are counted where units start in memory, wherever the piece starts in the file', async () => {
  const block = concat(header('Thre', 3), new Uint8Array(32))
  const file = concat(new Uint8Array(5), new Uint8Array(6), block, header('File', 2, 3), new Uint8Array(3))
  const pieces = [
    { address: 0xffff8000_0000100an, fileOffset: 5, size: file.length - 5 },
    { address: 0xffff8000_00002000n, fileOffset: 0, size: 8 },
  ]
  const { tags, blocks } = await censusOfBlocks(bufferSource(file), pieces, format)
  expect(blocks).toBe(2)
  expect(tags.map(({ key, nonPaged, paged }) => [tagOfKey(key), nonPaged.bytes, paged.bytes])).toEqual([
    ['Thre', 48, 0],
    ['File', 0, 32],
  ])
})

test('random memory has hardly any, and no tag of it recurs', async () => {
  const file = randomBytes(4 << 20, 11)
  const { tags, blocks } = await censusOfBlocks(
    bufferSource(file),
    [{ address: 0n, fileOffset: 0, size: file.length }],
    format,
  )
  expect(blocks).toBeLessThan(20)
  expect(recurringTags(tags)).toEqual([])
  const often: ScannedTag = { key: 1, nonPaged: { blocks: 5, bytes: 80 }, paged: { blocks: 3, bytes: 48 } }
  expect(recurringTags([often])).toEqual([often])
})

test('pieces that claim the same bytes of the file, or bytes beyond its end, cost no more than the file', async () => {
  const block = concat(header('Thre', 3), new Uint8Array(32))
  const file = concat(block, block, block)
  const source = countingSource(bufferSource(file))
  const pieces = Array.from({ length: 1000 }, (_, index) => ({
    address: 0xffff8000_00001000n,
    fileOffset: (index % 2) * block.length,
    size: 0x7fff_fff0,
  }))
  const { blocks, bytes } = await censusOfBlocks(source, pieces, format)
  expect({ blocks, bytes, read: source.counts.bytes }).toEqual({ blocks: 3, bytes: file.length, read: file.length })
})
