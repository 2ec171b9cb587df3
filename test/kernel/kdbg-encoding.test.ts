import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeEncodedBlock } from '../../shared/kernel/kdbg-encoding.ts'
import { handMadeKernel } from '../hand-made/kernel.ts'
import { openKernelOf } from '../hand-made/open.ts'

const mask = 2n ** 64n - 1n
const swap = (value: bigint): bigint => Buffer.from(value.toString(16).padStart(16, '0'), 'hex').readBigUInt64LE()

/** What Windows does to each word: the reference's decoding (4.5), backwards. */
const encode = (plain: Uint8Array, never: bigint, always: bigint, address: bigint): Uint8Array => {
  const encoded = plain.slice()
  const view = new DataView(encoded.buffer)
  const by = (never & 0xffn) % 64n
  for (let at = 0; at + 8 <= plain.length; at += 8) {
    const swapped = swap(view.getBigUint64(at, true) ^ always) ^ (address | 0xffff_0000_0000_0000n)
    const rotated = ((swapped >> by) | (swapped << (64n - by))) & mask
    view.setBigUint64(at, rotated ^ never, true)
  }
  return encoded
}
const decodeByTheBook = (value: bigint, never: bigint, always: bigint, address: bigint): bigint => {
  const by = (never & 0xffn) % 64n
  const mixed = value ^ never
  const rotated = ((mixed << by) | (mixed >> (64n - by))) & mask
  return swap(rotated ^ (address | 0xffff_0000_0000_0000n)) ^ always
}

const block = (): Uint8Array => {
  const bytes = new Uint8Array(0x380)
  const view = new DataView(bytes.buffer)
  bytes.set(Buffer.from('KDBG'), 0x10)
  view.setUint32(0x14, 0x380, true)
  for (const [at, value] of [
    [0x18, 0xfffff80001600000n],
    [0x48, 0xfffff80001612340n],
    [0x58, 0xfffff80001612348n],
  ] as const)
    view.setBigUint64(at, value, true)
  return bytes
}
const secret = fc.bigInt({ min: 0n, max: mask })

test('any secrets are done without', () => {
  fc.assert(
    fc.property(secret, secret, secret, (never, always, address) => {
      const encoded = encode(block(), never, always, address)
      const first = new DataView(encoded.buffer).getBigUint64(0x18, true)
      expect(decodeByTheBook(first, never, always, address)).toBe(0xfffff80001600000n)
      const plain = decodeEncodedBlock(encoded)
      // With secrets whose effect on a zero is a zero the block is not changed enough to be told from a plain one.
      if (new DataView(encoded.buffer).getBigUint64(0x300, true) !== 0n) expect(plain).toEqual(block())
    }),
  )
})

test('what is no encoded block is not decoded', () => {
  expect(decodeEncodedBlock(block())).toBeNull()
  expect(decodeEncodedBlock(new Uint8Array(0x380))).toBeNull()
  expect(decodeEncodedBlock(encode(block(), 3n, 5n, 7n).subarray(0, 0x300))).toBeNull()
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 0x380, maxLength: 0x380 }), (bytes) => {
      expect(decodeEncodedBlock(new Uint8Array(bytes))).toBeNull()
    }),
  )
})

test('a kernel with an encoded block is opened with it, and it is said', async () => {
  const made = handMadeKernel('x64', [], 9600)
  const plain = block()
  const view = new DataView(plain.buffer)
  view.setBigUint64(0x48, made.listHead, true)
  made.write(made.kdbg, encode(plain, 0x1234_5678_9abc_def7n, 0x0fed_cba9_8765_4321n, made.base + 0x1000n))
  const kernel = await openKernelOf(made.file())
  expect(kernel.kdbg).toMatchObject({ foundBy: 'header', kernBase: made.base, address: made.kdbg })
  expect(kernel.kdbg?.pointer('PspCidTable')).toBe(0xfffff80001612348n)
  expect(kernel.kdbgNote).toContain('is encoded')
})

test('one of another kernel is not taken', async () => {
  const made = handMadeKernel('x64', [], 9600)
  const plain = block()
  new DataView(plain.buffer).setBigUint64(0x18, 0xfffff80009900000n, true)
  made.write(made.kdbg, encode(plain, 7n, 9n, 11n))
  const kernel = await openKernelOf(made.file())
  expect(kernel.kdbg).toBeNull()
  expect(kernel.kdbgNote).toContain('may be encoded')
})
