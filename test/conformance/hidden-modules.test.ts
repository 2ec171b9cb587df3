import { describe, expect, test } from 'vitest'
import { build, scenarioNamed } from '../forge/forge.ts'
import type { AddedDriver, Scenario } from '../forge/scenario.ts'
import { kdbgSlot, openDump } from '../forge-tests/reader.ts'
import { unlink, writePointer } from '../forge-tests/unlink.ts'
import { analyzeBytes } from './analyze-source.ts'

/** Forged machines changed by hand afterwards: drivers taken off the list, unloaded, or listed where there are none. */
const names = ['tiny-x86', 'tiny-x86-pae', 'tiny-x64'] as const
/** KDBG.MmUnloadedDrivers (reference 4.2). */
const unloadedSlot = 0x220

const forgedBytes = (scenario: Scenario) => {
  const forged = build(scenario)
  return { file: Buffer.concat(forged.pieces), truth: forged.truth }
}
type Forged = ReturnType<typeof forgedBytes>
const moduleOf = ({ truth }: Forged, name: string) => truth.modules.find((module) => module.name === name)!

/** Takes a driver off the list and out of memory, and puts its range in place of the first entry of the unloaded ones. */
const unload = (forged: Forged, name: string): string => {
  const { base, size } = moduleOf(forged, name)
  unlink(forged.file, name)
  const dump = openDump(forged.file)
  for (let at = 0; at < size; at += 0x1000) {
    const page = dump.page(BigInt(base) + BigInt(at))
    if (typeof page !== 'string') page.fill(0)
  }
  const ring = dump.pointer(kdbgSlot(dump, unloadedSlot))
  const start = ring + BigInt(2 * dump.pointerBytes)
  writePointer(dump, start, BigInt(base))
  writePointer(dump, start + BigInt(dump.pointerBytes), BigInt(base) + BigInt(size))
  return `${forged.truth.unloadedModules[0].name} (unloaded)`
}

const withDecoy = (scenario: Scenario): Scenario => ({
  ...scenario,
  added: [...scenario.added, { ...scenario.added[0], name: 'decoy.sys', pdb: 'decoy.pdb', base: null } as AddedDriver],
})

describe.each(names)('%s', (name) => {
  const scenario = scenarioNamed(name)
  const culprit = scenario.culprit!.module

  test('a culprit that is on no list is named all the same', async () => {
    const forged = forgedBytes(scenario)
    const { base, pdb } = moduleOf(forged, culprit)
    const { verdict, findings, modules, transcript } = await analyzeBytes(unlink(forged.file, culprit))
    expect(modules.filter(({ listed }) => !listed)).toMatchObject([{ base, pdb, listed: false, path: null }])
    expect(verdict).toBe('culprit')
    expect(findings).toHaveLength(1)
    expect(findings[0].candidates[0].base).toBe(base)
    const [listed, others] = transcript
      .find(({ command }) => command === 'lm')!
      .output.split('that are not on the list:')
    expect(listed).not.toContain(pdb!.name.slice(-12, -4))
    expect(others).toContain(pdb!.name.slice(-12, -4))
  })

  test('an innocent driver that is on no list is told of, and another is blamed', async () => {
    const forged = forgedBytes(scenario)
    const { base } = moduleOf(forged, 'disk.sys')
    const { findings } = await analyzeBytes(unlink(forged.file, 'disk.sys'))
    expect(findings.map(({ id, status }) => `${id} ${status}`)).toEqual([
      'pool-leak-nonpaged-None culprit',
      `hidden-module-${base} information`,
    ])
    expect(findings[0].candidates.map((candidate) => candidate.name)).toEqual([culprit])
  })

  test('a culprit that was unloaded is the first suspect, though another alone imports the routine', async () => {
    const forged = forgedBytes(withDecoy(scenario))
    const gone = unload(forged, culprit)
    const { findings, modules } = await analyzeBytes(forged.file)
    expect(modules.filter(({ listed }) => !listed)).toEqual([])
    const [first, second] = findings[0].candidates
    expect(findings[0].status).toBe('suspects')
    expect(first.name).toBe(gone)
    expect(second.name).toBe('decoy.sys')
    expect(second.confidence).toBeLessThan(0.5)
  })

  test('a listed driver whose memory is none of an image is told of', async () => {
    const forged = forgedBytes(scenario)
    const dump = openDump(forged.file)
    const { base } = moduleOf(forged, 'disk.sys')
    const page = dump.page(BigInt(base))
    if (typeof page === 'string') throw new Error('The header page is not in the dump.')
    page.fill(0, 0, 0x200)
    const { findings } = await analyzeBytes(forged.file)
    expect(findings.map(({ kind }) => kind)).toEqual(['pool-leak', 'forged-module'])
    expect(findings[1].summary).toContain('disk.sys')
  })
})
