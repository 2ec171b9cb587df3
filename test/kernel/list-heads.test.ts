import { expect, test } from 'vitest'
import { bufferSource } from '../../shared/bytes/buffer-source.ts'
import { countingSource } from '../../shared/bytes/counting-source.ts'
import { runMemory } from '../../shared/dump/run-memory.ts'
import { scanForListHeads } from '../../shared/kernel/list-heads.ts'

/** Memory with what begins like a debugger data block every so many bytes, and a true one at the end. */
const memoryOf = (pages: number, every: number) => {
  const bytes = Buffer.alloc(pages * 4096)
  const put = (at: number): void => {
    bytes.write('KDBG', at + 0x10)
    bytes.writeUInt32LE(0x340, at + 0x14)
  }
  for (let at = 0; at < bytes.length - 0x2000; at += every) put(at)
  const block = bytes.length - 0x1000
  put(block)
  bytes.writeBigUInt64LE(0xfffff80001600000n, block + 0x18)
  bytes.writeBigUInt64LE(0xfffff80001812340n, block + 0x48)
  return {
    source: countingSource(bufferSource(bytes)),
    physical: runMemory([{ basePage: 1, pageCount: pages }], 0, bytes.length),
  }
}

const headsIn = async ({ source, physical }: ReturnType<typeof memoryOf>): Promise<bigint[]> => {
  const heads: bigint[] = []
  for await (const head of scanForListHeads(source, physical, 8, 2 ** 31, { bytes: 0 })) heads.push(head)
  return heads
}

test('a block is found behind many that are none', async () => {
  expect(await headsIn(memoryOf(4096, 0x400))).toEqual([0xfffff80001812340n])
})

test('memory full of tags is given up, unread', async () => {
  const memory = memoryOf(4096, 8)
  expect(await headsIn(memory)).toEqual([])
  expect(memory.source.counts.bytes).toBeLessThanOrEqual(4 * 2 ** 20)
})
