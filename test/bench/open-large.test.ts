import { expect, test } from 'vitest'
import { openAndList } from './open-and-list.ts'
import { sparseDump, sparseSource } from './sparse-dump.ts'

test('a bitmap dump of 64 GiB tells its modules and KDBG after little more than its bitmap has been read', async () => {
  const dump = sparseDump(64)
  const bitmapBytes = (64 * 2 ** 30) / 4096 / 8
  const listed = await openAndList(sparseSource(dump))
  expect(dump.bytes).toBeGreaterThan(63.9 * 2 ** 30)
  expect(listed.modules).toEqual(dump.truth.modules)
  expect(listed).toMatchObject({ kernelBase: dump.truth.kernelBase, kdbgSize: dump.truth.kdbgSize })
  expect(listed.reads.bytes).toBeGreaterThan(bitmapBytes)
  expect(listed.reads.bytes).toBeLessThan(bitmapBytes + 4 * 2 ** 20)
  expect(listed.reads.reads).toBeLessThan(400)
})
