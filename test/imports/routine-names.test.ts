import { expect, test } from 'vitest'
import { findRoutineName } from '../../shared/imports/routine-names.ts'

const find = (before: Buffer, text: string) => {
  const bytes = Buffer.concat([before, Buffer.from(text, 'utf16le'), Buffer.alloc(8)])
  return findRoutineName({ address: 0xf50b3000n, bytes: new Uint8Array(bytes), gaps: [] }, 'ExAllocatePool')
}

test('the name of a routine is a text of its own, in UTF-16 and closed by a zero', () => {
  const nothing = Buffer.alloc(6)
  expect(find(nothing, 'ExAllocatePool\0')).toBe('0xf50b3006')
  expect(find(Buffer.alloc(0), 'ExAllocatePool\0')).toBe('0xf50b3000')
  expect(find(nothing, 'ExAllocatePoolWithTag\0ExAllocatePool2\0')).toBeNull()
  expect(find(nothing, 'MyExAllocatePool\0')).toBeNull()
  expect(find(nothing, 'MyExAllocatePool\0ExAllocatePool\0')).toBe(`0x${(0xf50b3006n + 34n).toString(16)}`)
  // Not where a UTF-16 text can stand.
  expect(find(Buffer.alloc(5), 'ExAllocatePool\0')).toBeNull()
  const ascii = Buffer.from('ExAllocatePool\0\0\0\0')
  expect(find(ascii, '\0')).toBeNull()
})
