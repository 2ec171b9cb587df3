import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { bufferSource } from '../../shared/bytes/buffer-source.ts'
import { openFileSource } from '../../shared/bytes/file-source.ts'
import { decodeContext } from '../../shared/dump/context.ts'
import { decodeHeader } from '../../shared/dump/header.ts'
import { openDump } from '../../shared/dump/open-dump.ts'
import { sharedFile, withoutSharedData } from '../shared-data.ts'

type Fields = Record<string, string>
type TriageVector = { DUMP_HEADER64: Fields; TRIAGE_DUMP64: Fields; KeBugCheckExContext: Fields }

/** Names that the header's own type spells differently. */
const headerNames: Record<string, string> = {
  minorVersion: 'build',
  numberProcessors: 'processors',
  bugCheckCode: 'bugcheckCode',
}
/** IA-64 fields of the triage header, which no machine today has: they are not decoded and zero in the samples. */
const ia64Fields = ['BStoreOffset', 'SizeOfBStore', 'LimitOfBStore']
const filler = 0x45474150n

const camel = (name: string): string => name[0].toLowerCase() + name.slice(1)

const expectFields = (actual: object, expected: Fields): void => {
  for (const [name, text] of Object.entries(expected)) {
    const parameter = /^BugCheckParameter(\d)$/.exec(name)
    const key = headerNames[camel(name)] ?? camel(name)
    const value = Object.entries(actual).find(([field]) => field === (parameter ? 'bugcheckParameters' : key))?.[1]
    expect(value, name).toBeDefined()
    const one = parameter ? value[Number(parameter[1]) - 1] : value
    expect(one === null ? filler : BigInt(one), name).toBe(BigInt(text))
  }
}

const triageDumps = [
  { file: 'triage-x64-19041.dmp', vector: 'triage_x64', architecture: 'x64', unloaded: 4, drivers: 151, blocks: 1831 },
  {
    file: 'triage-arm64-22000.dmp',
    vector: 'triage_arm64',
    architecture: 'arm64',
    unloaded: 11,
    drivers: 245,
    blocks: 679,
  },
] as const

describe.skipIf(withoutSharedData())('real dumps', () => {
  const vectors = () => JSON.parse(readFileSync(sharedFile('vectors', 'triage-header-fields.json'), 'utf8'))

  test.each(triageDumps)('every published field of $file is decoded', async (sample) => {
    const vector: TriageVector = vectors()[sample.vector]
    await using source = await openFileSource(sharedFile('dumps', sample.file))
    const dump = await openDump(source)
    if (dump.kind !== 'triage') throw new Error(`opened as ${dump.kind}`)
    expectFields(dump.header, vector.DUMP_HEADER64)
    const known = Object.entries(vector.TRIAGE_DUMP64).filter(([name]) => !ia64Fields.includes(name))
    expect(known.length).toBe(Object.keys(vector.TRIAGE_DUMP64).length - ia64Fields.length)
    expectFields(dump.triage.header, Object.fromEntries(known))
    expect(dump.truncated).toBe(false)
    expect(dump.triage.notes).toEqual([])
    expect(dump.triage.drivers.length).toBe(sample.drivers)
    expect(dump.triage.unloaded.length).toBe(sample.unloaded)
    expect(dump.triage.dataBlocks.length).toBe(sample.blocks)
    expect(dump.triage.debuggerData?.length).toBe(0x380)
  })

  test.each(triageDumps)('the contexts of $file are told apart: the fault and KeBugCheckEx', async (sample) => {
    const vector: TriageVector = vectors()[sample.vector]
    await using source = await openFileSource(sharedFile('dumps', sample.file))
    const dump = await openDump(source)
    if (dump.kind !== 'triage') throw new Error(`opened as ${dump.kind}`)
    const contexts = dump.triage.contexts.map(({ origin, bytes }) => ({ origin, context: decodeContext(bytes) }))
    expect(contexts.map(({ context }) => context?.architecture)).toEqual(contexts.map(() => sample.architecture))
    const registers = contexts.map(({ context }) =>
      Object.fromEntries(Object.keys(vector.KeBugCheckExContext).map((name) => [name, context?.registers[name]])),
    )
    const wanted = Object.fromEntries(
      Object.entries(vector.KeBugCheckExContext).map(([name, text]) => [name, BigInt(text)]),
    )
    expect(registers).toContainEqual(wanted)
  })

  test('the drivers of a triage dump have their paths, sizes and stamps', async () => {
    await using source = await openFileSource(sharedFile('dumps', 'triage-x64-19041.dmp'))
    const dump = await openDump(source)
    if (dump.kind !== 'triage') throw new Error(`opened as ${dump.kind}`)
    expect(dump.triage.drivers[0]).toEqual({
      path: '\\SystemRoot\\system32\\ntoskrnl.exe',
      base: 0xfffff8047ba00000n,
      size: 0x1046000,
      checksum: 0xa5938c,
      timestamp: 0xd8333e6,
    })
    expect(dump.triage.drivers.every(({ path, base, size }) => path !== null && base % 4096n === 0n && size > 0)).toBe(
      true,
    )
    expect(dump.triage.unloaded.map(({ name }) => name)).toContain('dam.sys')
  })

  test('a full dump that was cut off tells how much of it is missing', async () => {
    await using source = await openFileSource(sharedFile('dumps', 'full-x64-19045-truncated.dmp'))
    const dump = await openDump(source)
    if (dump.kind !== 'memory') throw new Error(`opened as ${dump.kind}`)
    expect(dump).toMatchObject({ format: 'full', truncated: true })
    expect([dump.physical.expectedPages, dump.physical.presentPages]).toEqual([0x7fe86, 2])
    expect(dump.physical.locate(2)).toBe(0x2000)
    expect(dump.physical.locate(3)).toBe(0x3000)
    expect(dump.physical.locate(4)).toBe('beyond-end-of-file')
    expect(dump.physical.locate(1)).toBe('not-in-dump')
    expect([...dump.physical.runs()]).toEqual([{ pfn: 2, pages: 2, fileOffset: 0x2000 }])
  })

  test('a triage dump cut anywhere still gives what is there, or a reason', async () => {
    const whole = readFileSync(sharedFile('dumps', 'triage-x64-19041.dmp'))
    const driversAt = (length: number) =>
      openDump(bufferSource(whole.subarray(0, length))).then((dump) =>
        dump.kind === 'triage' ? { truncated: dump.truncated, drivers: dump.triage.drivers.length } : dump.kind,
      )
    expect(await driversAt(0x100000)).toEqual({ truncated: true, drivers: 151 })
    expect(await driversAt(0x10828 + 0x90 * 10 + 5)).toEqual({ truncated: true, drivers: 10 })
    expect(await driversAt(0x2080)).toEqual({ truncated: true, drivers: 0 })
    expect(await driversAt(0x1fff)).toBe('refused')
  })

  test('the published fields of a bitmap dump are decoded', async () => {
    const bytes = readFileSync(sharedFile('vectors', 'bitmap-header-rebuilt.dmp'))
    const { HeaderSize, BitmapSize, Pages, ...fields } = vectors().bmp
    expectFields(decodeHeader(bytes), fields)
    const dump = await openDump(bufferSource(bytes))
    expect(dump).toMatchObject({ kind: 'memory', truncated: true, physical: { expectedPages: Number(Pages) } })
  })
})
