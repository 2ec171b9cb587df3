import { describe, expect, test } from 'vitest'
import { readHandleOwners } from '../../../shared/kernel/objects/handle-owners.ts'
import { openHandleTable } from '../../../shared/kernel/objects/handle-tables.ts'
import type { VirtualMemory } from '../../../shared/memory/virtual-memory.ts'
import { fakeMemory } from '../../imports/memory.ts'

const table = 0xfffff8a000001000n
const root = 0xfffff8a000010000n
const pid = 1840

/** HANDLE_TABLE of Windows 7 or of Windows 8 and later, x64 (reference 11.5), and pages of words elsewhere. */
const memoryOf = (
  build: number,
  { code = root, counts = [37] as readonly number[], pages = [] as readonly (readonly [bigint, readonly bigint[]])[] },
) => {
  const body = new DataView(new ArrayBuffer(0x300))
  const old = build < 9200
  body.setBigUint64(old ? 0 : 8, code, true)
  body.setBigUint64(old ? 0x10 : 0x28, BigInt(pid), true)
  for (const [list, count] of counts.entries()) {
    body.setInt32(0x58 + list * 0x40, count, true)
    if (!old) body.setUint32(0x5c + list * 0x40, 120, true)
  }
  return fakeMemory(8, [
    { address: table, bytes: new Uint8Array(body.buffer) },
    ...pages.map(([address, words]) => {
      const page = new DataView(new ArrayBuffer(4096))
      for (const [index, word] of words.entries()) page.setBigUint64(index * 8, word, true)
      return { address, bytes: new Uint8Array(page.buffer) }
    }),
  ])
}

const leaf = (index: number): bigint => 0xfffff8a000100000n + BigInt(index * 0x1000)

describe('a handle table', () => {
  test.each([7601, 19041])('of one level is one page of entries (build %i)', async (build) => {
    expect(await openHandleTable(memoryOf(build, {}), build, table, pid)).toEqual({
      handles: 37,
      pages: [root],
      lostUpperPages: 0,
    })
  })

  test('is not read as that of another process', async () => {
    expect(await openHandleTable(memoryOf(7601, {}), 7601, table, 1844)).toBeNull()
  })

  test('of two levels has the pages its upper one names, in order', async () => {
    const memory = memoryOf(7601, { code: root + 1n, pages: [[root, [leaf(0), leaf(1), leaf(2), 0n, leaf(9)]]] })
    expect((await openHandleTable(memory, 7601, table, pid))?.pages).toEqual([leaf(0), leaf(1), leaf(2)])
  })

  test('whose upper pages are lost says so', async () => {
    const memory = memoryOf(7601, {
      code: root + 2n,
      pages: [
        [root, [leaf(0), leaf(1)]],
        [leaf(0), [leaf(2)]],
      ],
    })
    expect(await openHandleTable(memory, 7601, table, pid)).toMatchObject({ pages: [leaf(2)], lostUpperPages: 1 })
  })

  test('whose pages name each other in a circle ends', async () => {
    const memory = memoryOf(7601, {
      code: root + 2n,
      pages: [
        [root, [leaf(0), root, leaf(0)]],
        [leaf(0), [root, leaf(0), leaf(1)]],
      ],
    })
    expect((await openHandleTable(memory, 7601, table, pid))?.pages).toEqual([leaf(1)])
  })

  test('counts over all its free lists, and lists do not go on where none is', async () => {
    const pages = { code: root + 1n, pages: [[root, [leaf(0), leaf(1), leaf(2)]]] as const }
    const counted = async (counts: readonly number[]) =>
      (await openHandleTable(memoryOf(19041, { ...pages, counts }), 19041, table, pid))?.handles
    expect(await counted([37, 40, 41])).toBe(118)
    // Handles taken from one list may be given back to another.
    expect(await counted([100, -20])).toBe(80)
    expect(await counted([37, 5000])).toBe(37)
  })

  test('does not count more than it has entries for', async () => {
    expect((await openHandleTable(memoryOf(7601, { counts: [5000] }), 7601, table, pid))?.handles).toBeNull()
  })
})

test('tables without end cost no more than the largest machine’s, all processes together', async () => {
  let reads = 0
  /** Wherever a page of a table is looked at, it names 512 others. */
  const memory: VirtualMemory = {
    pointerBytes: 8,
    translate: async () => ({ present: false, reason: 'not-mapped' }),
    read: async (address, length) => {
      reads++
      const view = new DataView(new ArrayBuffer(length))
      if (length === 4096)
        for (let at = 0; at < length; at += 8)
          view.setBigUint64(at, root + (address % 0x7f00_0000n) * 512n + BigInt(at) * 512n, true)
      else {
        view.setBigUint64(0, root + 2n, true)
        view.setBigUint64(0x10, (address - table) / 0x80n, true)
      }
      return { address, bytes: new Uint8Array(view.buffer), gaps: [] }
    },
  }
  const processes = Array.from({ length: 4096 }, (_, index) => ({
    address: 0n,
    pid: index,
    name: 'a.exe',
    directoryTableBase: 0n,
    objectTable: table + BigInt(index) * 0x80n,
    activeThreads: 1,
  }))
  const { owners, wantedBytes } = await readHandleOwners(memory, 7601, processes, null, null)
  expect(owners).toHaveLength(4096)
  expect(wantedBytes / 4096).toBeLessThanOrEqual(2 ** 17)
  expect(reads).toBeLessThan(4096 + 2 ** 17)
})
