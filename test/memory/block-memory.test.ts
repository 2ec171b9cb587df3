import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bufferSource } from '../../shared/bytes/buffer-source.ts'
import { blockMemory } from '../../shared/memory/block-memory.ts'

/** Every byte of the file tells where it is. */
const file = Uint8Array.from({ length: 200 }, (_, index) => index)
const block = (address: bigint, fileOffset: number, size: number) => ({ address, fileOffset, size })
const base = 0xfffff80000000000n

test('blocks are read with what lies between them absent', async () => {
  const memory = blockMemory(bufferSource(file), [block(base + 0x20n, 100, 16), block(base, 0, 16)], 8)
  const range = await memory.read(base + 8n, 0x30)
  expect([...range.bytes.subarray(0, 8)]).toEqual([8, 9, 10, 11, 12, 13, 14, 15])
  expect([...range.bytes.subarray(0x18, 0x28)]).toEqual([...file.subarray(100, 116)])
  expect(range.gaps).toEqual([
    { offset: 8, length: 16, reason: 'not-in-dump' },
    { offset: 0x28, length: 8, reason: 'not-in-dump' },
  ])
})

test('the bytes of a block past the end of the file are beyond it, not elsewhere', async () => {
  const memory = blockMemory(bufferSource(file), [block(base, 190, 20), block(base + 32n, 300, 8)], 8)
  const range = await memory.read(base, 48)
  expect([...range.bytes.subarray(0, 10)]).toEqual([...file.subarray(190)])
  expect(range.gaps).toEqual([
    { offset: 10, length: 10, reason: 'beyond-end-of-file' },
    { offset: 20, length: 12, reason: 'not-in-dump' },
    { offset: 32, length: 8, reason: 'beyond-end-of-file' },
    { offset: 40, length: 8, reason: 'not-in-dump' },
  ])
})

test('a sign-extended x86 address is the same address', async () => {
  const memory = blockMemory(bufferSource(file), [block(0xffffffff_e0801000n, 4, 4)], 4)
  expect((await memory.read(0xe0801000n, 4)).gaps).toEqual([])
})

test('a block that would wrap ends at the top of the address space', async () => {
  const memory = blockMemory(bufferSource(file), [block(0xffff_ffff_ffff_fff0n, 0, 64)], 8)
  const range = await memory.read(0xffff_ffff_ffff_fff0n, 32)
  expect(range.gaps).toEqual([{ offset: 16, length: 16, reason: 'not-in-dump' }])
  expect((await memory.read(0n, 8)).gaps.length).toBe(1)
})

test('no address is known in physical memory, and a range too large is refused', async () => {
  const memory = blockMemory(bufferSource(file), [block(base, 0, 16)], 8)
  expect(await memory.translate(base)).toEqual({ present: false, reason: 'not-in-dump' })
  await expect(memory.read(base, 257 * 2 ** 20)).rejects.toMatchObject({ tag: 'range-too-large' })
})

test('any blocks give each byte as one of them has it, or none', async () => {
  const blocks = fc.array(fc.record({ address: fc.nat(120), fileOffset: fc.nat(230), size: fc.nat(40) }), {
    maxLength: 12,
  })
  await fc.assert(
    fc.asyncProperty(blocks, fc.nat(120), fc.nat(80), async (listed, offset, length) => {
      const memory = blockMemory(
        bufferSource(file),
        listed.map(({ address, ...rest }) => ({ address: base + BigInt(address), ...rest })),
        8,
      )
      const range = await memory.read(base + BigInt(offset), length)
      expect(range.bytes.length).toBe(length)
      for (let index = 0; index < length; index++) {
        const at = offset + index
        const holders = listed.filter(({ address, size }) => at >= address && at < address + size)
        const inFile = holders.map(({ address, fileOffset }) => fileOffset + at - address)
        const gaps = range.gaps.filter((gap) => gap.offset <= index && index < gap.offset + gap.length)
        expect(gaps.length).toBeLessThan(2)
        if (holders.length === 0) expect(gaps[0]?.reason).toBe('not-in-dump')
        else if (gaps.length === 0) expect(inFile).toContain(range.bytes[index])
        else {
          expect(gaps[0].reason).toBe('beyond-end-of-file')
          expect(inFile.some((place) => place >= file.length)).toBe(true)
        }
      }
    }),
  )
})
