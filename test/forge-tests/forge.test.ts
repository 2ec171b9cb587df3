import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { build, forge, scenarioNames } from '../forge/forge.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forge-'))
})
afterAll(() => rm(folder, { recursive: true }))

const digest = (pieces: readonly Buffer[]): string => {
  const hash = createHash('sha256')
  for (const piece of pieces) hash.update(piece)
  return hash.digest('hex')
}

test('an unknown scenario is refused with the names of those there are', async () => {
  await expect(forge('no-such', join(folder, 'x.dmp'))).rejects.toThrow(/2008-nonpaged-depletion.*healthy.*tiny-x86/)
})

test('a container behind the name is the one written, or refused with the names of those the machine writes', async () => {
  const out = join(folder, 'bitmap.dmp')
  await forge('x64-22621:automatic', out)
  const file = await readFile(out)
  expect(file.toString('latin1', 0x2000, 0x2008)).toBe('SDMPDUMP')
  expect(JSON.parse(await readFile(`${out}.truth.json`, 'utf8')).format).toBe('automatic')
  await expect(forge('x86-3790:automatic', out)).rejects.toThrow(/it writes full, summary, triage, header-only/)
})

test('the scenarios of the contract are there', () => {
  expect(scenarioNames).toEqual(
    expect.arrayContaining([
      '2008-nonpaged-depletion',
      '2008-nonpaged-depletion-pae',
      '2008-nonpaged-depletion-x64',
      'healthy',
    ]),
  )
})

test('a dump, its truth and its symbol map are written side by side', async () => {
  const out = join(folder, 'a.dmp')
  const forged = await forge('tiny-x86', out)
  expect(forged).toMatchObject({ dump: out, truth: `${out}.truth.json`, symbols: `${out}.symbols.json` })
  expect((await readFile(out)).length).toBe(forged.bytes)
  const truth = JSON.parse(await readFile(forged.truth, 'utf8'))
  expect(truth.scenario).toBe('tiny-x86')
  const symbols = JSON.parse(await readFile(forged.symbols, 'utf8'))
  expect(symbols.nt.MmPoolFailures).toMatch(/^0x[0-9a-f]+$/)
})

test('the same scenario gives the same bytes', () => {
  for (const name of ['tiny-x86', 'tiny-x86-pae', 'tiny-x64']) {
    const [first, second] = [build(name), build(name)]
    expect(digest(first.pieces)).toBe(digest(second.pieces))
    expect(first.truth).toEqual(second.truth)
  }
})

test('tiny scenarios stay below 2 MB and a bit', () => {
  for (const name of ['tiny-x86', 'tiny-x86-pae', 'tiny-x64']) expect(build(name).bytes).toBeLessThan(2.1 * 2 ** 20)
})

test('kernel variables that only symbols can find stand at other places in every scenario', () => {
  const maps = ['tiny-x86', 'tiny-x86-pae', 'tiny-x64'].map((name) => build(name).symbols.nt)
  for (const name of ['PoolTrackTableSize', 'ExPoolTagTables', 'PoolBigPageTable', 'MmPoolFailures', 'MmPagingFile']) {
    expect(new Set(maps.map((map) => map[name])).size).toBe(maps.length)
    // Nor is the distance to what KDBG tells the same.
    const distances = maps.map((map) => Number(map[name]) - Number(map.PoolTrackTable))
    expect(new Set(distances).size).toBe(maps.length)
  }
})
