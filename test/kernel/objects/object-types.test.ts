import { describe, expect, test } from 'vitest'
import { readExportedType } from '../../../shared/kernel/objects/object-types.ts'
import { keyOfTag } from '../../../shared/kernel/pools/pool-tag.ts'
import { fakeMemory } from '../../imports/memory.ts'

const thread = { tag: 'Thre', name: 'Thread' }

/** A variable, the OBJECT_TYPE it points to, and the type's name. */
const forged = (
  width: 4 | 8,
  at: { name: number; index?: number; objects: number; key: number },
  values: { name?: string | null; key?: number; objects?: number; most?: number } = {},
) => {
  const high = width === 8 ? 0xfffff80000000000n : 0x80000000n
  const [variable, type, text] = [high + 0x1000n, high + 0x2000n, high + 0x3000n]
  const pointer = new DataView(new ArrayBuffer(width))
  const body = new DataView(new ArrayBuffer(0x200))
  const put = (view: DataView, offset: number, value: bigint): void =>
    width === 8 ? view.setBigUint64(offset, value, true) : view.setUint32(offset, Number(value), true)
  const { name = 'Thread', key = keyOfTag('Thre'), objects = 137_029, most = 140_000 } = values
  put(pointer, 0, type)
  body.setUint16(at.name, (name ?? 'Thread').length * 2, true)
  put(body, at.name + width, text)
  body.setUint32(at.objects, objects, true)
  body.setUint32(at.objects + 4, 136_000, true)
  body.setUint32(at.objects + 8, most, true)
  body.setUint32(at.key, key, true)
  if (at.index !== undefined) body.setUint8(at.index, 8)
  const pieces = [
    { address: variable, bytes: new Uint8Array(pointer.buffer) },
    { address: type, bytes: new Uint8Array(body.buffer) },
    ...(name === null ? [] : [{ address: text, bytes: new Uint8Array(Buffer.from(name, 'utf16le')) }]),
  ]
  return readExportedType(fakeMemory(width, pieces), variable, thread)
}

describe('the totals of an object type', () => {
  const totals = { ...thread, objects: 137_029, handles: 136_000, mostObjects: 140_000 }
  const expected = expect.objectContaining({ ...totals, index: 8 })

  test.each([
    ['Server 2003 x86', 4, { name: 0x40, index: 0x4c, objects: 0x50, key: 0xac }],
    ['Vista SP1 x86', 4, { name: 0x8, index: 0x14, objects: 0x18, key: 0xb4 }],
    ['7 x86', 4, { name: 0x8, index: 0x14, objects: 0x18, key: 0x7c }],
    ['Server 2003 x64', 8, { name: 0x78, index: 0x90, objects: 0x94, key: 0x118 }],
    ['7 x64', 8, { name: 0x10, index: 0x28, objects: 0x2c, key: 0xb8 }],
    ['8 and later x64', 8, { name: 0x10, index: 0x28, objects: 0x2c, key: 0xc0 }],
  ] as const)('are read where its key says that the layout is right (%s)', async (_, width, at) => {
    expect(await forged(width, at)).toEqual(expected)
    expect(await forged(width, at, { key: keyOfTag('Thre') | 0x80000000 })).toEqual(expected)
  })

  const at = { name: 0x10, index: 0x28, objects: 0x2c, key: 0xc0 }

  test('stand when the name is paged out, and not when it or the key is another', async () => {
    expect(await forged(8, at, { name: null })).toEqual(expected)
    expect(await forged(8, at, { name: 'Thrush' })).toBeNull()
    expect(await forged(8, at, { key: keyOfTag('Proc') })).toBeNull()
  })

  test('are not believed when there are more objects than there ever were', async () => {
    expect(await forged(8, at, { most: 1000 })).toBeNull()
  })

  test('are not known when the variable is not in the dump', async () => {
    expect(await readExportedType(fakeMemory(8, []), 0xfffff80000001000n, thread)).toBeNull()
  })
})
