import { describe, expect, test } from 'vitest'
import { bufferSource } from '../../shared/bytes/buffer-source.ts'
import { openDump } from '../../shared/dump/open-dump.ts'
import { handMadeDump } from '../hand-made/dump.ts'

const open = (bytes: Uint8Array) => openDump(bufferSource(bytes))
const beginning = (start: string | readonly number[], bytes = 65_536): Uint8Array => {
  const file = new Uint8Array(bytes)
  file.set(typeof start === 'string' ? [...start].map((character) => character.charCodeAt(0)) : start)
  return file
}

describe('a file that is no kernel dump is refused with a reason and advice', () => {
  test.each([
    ['an empty file', new Uint8Array(), 'empty'],
    ['one byte', beginning('P', 1), 'not-a-kernel-dump'],
    ['a user-mode minidump', beginning('MDMP\x93\xa7'), 'user-minidump'],
    ['a CAB', beginning('MSCF'), 'archive'],
    ['a ZIP', beginning('PK\x03\x04'), 'archive'],
    ['a gzip', beginning([0x1f, 0x8b, 8]), 'archive'],
    ['an ELF core', beginning('\x7fELF'), 'elf'],
    ['a suspended VMware machine', beginning([0xd2, 0xbe, 0xd2, 0xbe]), 'virtual-machine-state'],
    ['a saved VirtualBox machine', beginning('\x7fVirtualBox SavedState V2.0'), 'virtual-machine-state'],
    ['a hibernation file', beginning('HIBR'), 'hibernation'],
    ['a hibernation file in use', beginning('wake'), 'hibernation'],
    ['a PNG', beginning([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), 'image'],
    ['a JPEG', beginning([0xff, 0xd8, 0xff, 0xe0]), 'image'],
    ['zeroes', beginning(''), 'not-a-kernel-dump'],
    ['a dump of another kind of PAGE', beginning('PAGEXXXX'), 'not-a-kernel-dump'],
    ['half a 32-bit header', beginning('PAGEDUMP', 0x800), 'truncated-header'],
    ['half a 64-bit header', beginning('PAGEDU64', 0x1fff), 'truncated-header'],
  ])('%s', async (_, bytes, code) => {
    const dump = await open(bytes)
    if (dump.kind !== 'refused') throw new Error(`opened as ${dump.kind}`)
    expect(dump.refusal.code).toBe(code)
    for (const text of [dump.refusal.message, dump.refusal.advice]) expect(text).toMatch(/^[A-Z].{10,}\.$/s)
  })
})

describe('a kernel dump', () => {
  test.each(['x86', 'x86-pae', 'x64'] as const)('of %s is memory', async (mode) => {
    const made = handMadeDump(mode)
    made.page()
    expect(await open(made.build())).toMatchObject({
      kind: 'memory',
      format: 'full',
      truncated: false,
      physical: { expectedPages: 2, presentPages: 2 },
    })
  })

  test('of the era that left its type unset is memory', async () => {
    expect((await open(handMadeDump('x86').build({ dumpType: 0x45474150 }))).kind).toBe('memory')
  })

  test('cut after its header keeps its header and knows what is missing', async () => {
    const dump = await open(handMadeDump('x64').build().subarray(0, 0x2000))
    expect(dump).toMatchObject({ kind: 'memory', truncated: true, physical: { expectedPages: 1, presentPages: 0 } })
  })

  test('with only a header is header-only', async () => {
    expect((await open(handMadeDump('x64').build({ dumpType: 3 }).subarray(0, 0x2000))).kind).toBe('header-only')
  })

  test.each([
    ['that is encrypted', { attributes: 0x100 }, 'encrypted'],
    [
      'whose runs overlap',
      {
        runs: [
          [5, 10],
          [6, 10],
        ],
      },
      'unusable-page-map',
    ],
    ['of a type whose container is not there', { dumpType: 5 }, 'unrecognised-container'],
    ['that calls itself small and is not', { dumpType: 4 }, 'damaged-triage-dump'],
    ['of Itanium', { machine: 0x200 }, 'unsupported-architecture'],
    ['of 64 bits and a 32-bit machine', { machine: 0x14c }, 'contradictory-header'],
  ] as const)('%s is refused and keeps its header', async (_, fields, code) => {
    const made = handMadeDump('x64')
    made.page()
    const dump = await open(made.build(fields))
    expect(dump).toMatchObject({ kind: 'refused', format: 'unknown', refusal: { code }, header: { build: 7601 } })
  })

  test('that was decrypted, or whose attributes are filler, is not taken for an encrypted one', async () => {
    for (const attributes of [0x300, 0x45474150])
      expect((await open(handMadeDump('x64').build({ attributes }))).kind).toBe('memory')
  })

  test.each(['SDMPDUMP', 'FDMPDUMP', '@\0\0\0RDMPDUMP'])(
    'with the mark of a container (%s) and nothing behind it is refused, whatever its type',
    async (mark) => {
      const made = handMadeDump('x64')
      made.physical(1).set([...mark].map((character) => character.charCodeAt(0)))
      for (const dumpType of [1, 2, 5])
        expect(await open(made.build({ dumpType }))).toMatchObject({ refusal: { code: 'unusable-page-map' } })
    },
  )
})
