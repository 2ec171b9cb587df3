import { describe, expect, test } from 'vitest'
import { build, scenarioNamed } from '../forge/forge.ts'
import { type Mode, openDump, type Reader } from './reader.ts'

/** Reference 11.4, 11.5: process links, name and handle table; table code, owner and how an entry holds its object. */
const offsets = {
  'x86-3790': { links: 0x98, objectTable: 0xd4, code: 0, pid: 8, decode: (entry: bigint) => entry & ~7n },
  'x64-7601': { links: 0x188, objectTable: 0x200, code: 0, pid: 0x10, decode: (entry: bigint) => entry & ~7n },
  'x64-9600': {
    links: 0x2e8,
    objectTable: 0x408,
    code: 8,
    pid: 0x28,
    decode: (entry: bigint) => BigInt.asUintN(64, BigInt.asIntN(64, entry) >> 16n) & ~0xfn,
  },
} as const

/** Walks the process list to a process's EPROCESS by its id, which lies before the links. */
const handleTableOf = (dump: Reader, head: bigint, at: (typeof offsets)[keyof typeof offsets], pid: number): bigint => {
  for (let links = dump.pointer(head); links !== head; links = dump.pointer(links))
    if (dump.pointer(links - BigInt(dump.pointerBytes)) === BigInt(pid))
      return dump.pointer(links - BigInt(at.links) + BigInt(at.objectTable))
  throw new Error(`There is no process ${pid}.`)
}

describe.each(Object.entries(offsets))('handle tables of %s', (name, at) => {
  const scenario = scenarioNamed(name)
  const { pieces, truth } = build(scenario)
  const dump = openDump(Buffer.concat(pieces), scenario.paging.name as Mode)
  const width = dump.pointerBytes

  test.each(truth.handles)(
    '$process has $handles handles, each to an object whose header is there',
    ({ pid, handles }) => {
      const table = handleTableOf(dump, BigInt(truth.kernel.psActiveProcessHead), at, pid)
      expect(dump.pointer(table + BigInt(at.pid))).toBe(BigInt(pid))
      const code = dump.pointer(table + BigInt(at.code))
      expect(code & 7n).toBe(0n)
      let open = 0
      for (let index = 1; index < 4096 / (2 * width); index++) {
        const entry = dump.pointer(code + BigInt(index * 2 * width))
        if (entry === 0n) continue
        open++
        // PointerCount and HandleCount, the first two words (reference 11.1).
        const header = at.decode(entry)
        const [pointers, count] = [dump.u32(header), dump.u32(header + BigInt(width))]
        expect(count).toBeGreaterThan(0)
        expect(pointers).toBeGreaterThanOrEqual(count)
      }
      expect(open).toBe(handles)
    },
  )
})
