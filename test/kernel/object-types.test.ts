import { describe, expect, test } from 'vitest'
import { readHandleCounts } from '../../shared/kernel/handle-counts.ts'
import { readObjectTotals } from '../../shared/kernel/object-types.ts'
import { keyOfTag } from '../../shared/kernel/pool-tag.ts'
import type { Process } from '../../shared/kernel/processes.ts'
import { fakeMemory } from '../imports/memory.ts'

const thread = { tag: 'Thre', name: 'Thread' }

/** A variable, the OBJECT_TYPE it points to, and the type's name. */
const forged = (
  width: 4 | 8,
  at: { name: number; objects: number; key: number },
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
  const pieces = [
    { address: variable, bytes: new Uint8Array(pointer.buffer) },
    { address: type, bytes: new Uint8Array(body.buffer) },
    ...(name === null ? [] : [{ address: text, bytes: new Uint8Array(Buffer.from(name, 'utf16le')) }]),
  ]
  return readObjectTotals(fakeMemory(width, pieces), variable, thread)
}

describe('the totals of an object type', () => {
  const expected = { ...thread, objects: 137_029, handles: 136_000, mostObjects: 140_000 }

  test.each([
    ['Server 2003 x86', 4, { name: 0x40, objects: 0x50, key: 0xac }],
    ['Vista SP1 x86', 4, { name: 0x8, objects: 0x18, key: 0xb4 }],
    ['7 x86', 4, { name: 0x8, objects: 0x18, key: 0x7c }],
    ['Server 2003 x64', 8, { name: 0x78, objects: 0x94, key: 0x118 }],
    ['7 x64', 8, { name: 0x10, objects: 0x2c, key: 0xb8 }],
    ['8 and later x64', 8, { name: 0x10, objects: 0x2c, key: 0xc0 }],
  ] as const)('are read where its key says that the layout is right (%s)', async (_, width, at) => {
    expect(await forged(width, at)).toEqual(expected)
    expect(await forged(width, at, { key: keyOfTag('Thre') | 0x80000000 })).toEqual(expected)
  })

  const at = { name: 0x10, objects: 0x2c, key: 0xc0 }

  test('stand when the name is paged out, and not when it or the key is another', async () => {
    expect(await forged(8, at, { name: null })).toEqual(expected)
    expect(await forged(8, at, { name: 'Thrush' })).toBeNull()
    expect(await forged(8, at, { key: keyOfTag('Proc') })).toBeNull()
  })

  test('are not believed when there are more objects than there ever were', async () => {
    expect(await forged(8, at, { most: 1000 })).toBeNull()
  })

  test('are not known when the variable is not in the dump', async () => {
    expect(await readObjectTotals(fakeMemory(8, []), 0xfffff80000001000n, thread)).toBeNull()
  })
})

describe('the handles of a process', () => {
  const table = 0xfffff8a000001000n
  const agent: Process = {
    address: 0xfffffa8000001000n,
    pid: 1840,
    name: 'agent.exe',
    directoryTableBase: 0x1000n,
    objectTable: table,
    activeThreads: 1,
  }
  const handles = async (build: number, pid: number, count: number, owner: bigint, process = agent) => {
    const body = new DataView(new ArrayBuffer(0x80))
    body.setBigUint64(pid, owner, true)
    body.setUint32(count, 137_500, true)
    const memory = fakeMemory(8, [{ address: table, bytes: new Uint8Array(body.buffer) }])
    return (await readHandleCounts(memory, build, [process]))[0]
  }

  test('are counted in its table, which must say that it is its own', async () => {
    expect(await handles(7601, 0x10, 0x58, 1840n)).toEqual({ pid: 1840, name: 'agent.exe', handles: 137_500 })
    expect(await handles(3790, 0x10, 0x68, 1840n)).toMatchObject({ handles: 137_500 })
    expect(await handles(19041, 0x28, 0x58, 1840n)).toMatchObject({ handles: 137_500 })
    expect(await handles(7601, 0x10, 0x58, 1844n)).toMatchObject({ handles: null })
  })

  test('are not known without a table or of a layout that is not known', async () => {
    expect(await handles(7601, 0x10, 0x58, 1840n, { ...agent, objectTable: null })).toMatchObject({ handles: null })
    const ended = { ...agent, objectTable: null, activeThreads: 0 }
    expect(await handles(7601, 0x10, 0x58, 1840n, ended)).toMatchObject({ handles: 0 })
    expect(await handles(2600, 0x10, 0x58, 1840n)).toMatchObject({ handles: null })
  })
})
