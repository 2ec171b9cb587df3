import { expect, test } from 'vitest'
import { firstLook, firstLookBytes } from '../../functions/portal/upload/first-look.ts'

const look = (beginning: string | readonly number[], size = 4096): string | null => {
  const bytes = typeof beginning === 'string' ? [...beginning].map((letter) => letter.charCodeAt(0)) : beginning
  return firstLook(Uint8Array.from(bytes).subarray(0, firstLookBytes), size)
}

test('nothing is said against kernel dumps', () => {
  for (const signature of ['PAGEDUMP', 'PAGEDU64', 'RDMPDUMP']) expect(look(signature)).toBeNull()
})

test('known other files are named', () => {
  expect(look('MDMP\x93\xa7\x00\x00')).toMatch(/user-mode minidump/)
  expect(look([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])).toMatch(/PNG/)
  expect(look([0xff, 0xd8, 0xff, 0xe0])).toMatch(/JPEG/)
  expect(look('PK\x03\x04')).toMatch(/unpack/)
  expect(look('hello you')).toMatch(/does not begin like/)
  expect(look('', 0)).toMatch(/empty/)
})
