import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { stageNames } from '../../shared/stages/plan.ts'
import { dataTables, dataVersions, firstStageTouched } from '../../shared/stages/versions.ts'

const stagesFolder = join(import.meta.dirname, '../../shared/stages')

/** The files that a file needs when it runs, and what they need. */
const runtimeImports = (file: string): { name: string; file: string }[] =>
  [
    ...readFileSync(file, 'utf8').matchAll(
      /(?:^|\n)\s*(?:import|export)\s+(type\s)?([^'"]*?)\s*from\s+['"](\.[^'"]+)['"]/g,
    ),
  ]
    .filter(([, type]) => type === undefined)
    .map(([, , name, path]) => ({ name, file: join(dirname(file), path) }))

const closureOf = (file: string): Set<string> => {
  const files = new Set<string>()
  const open = [file]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (files.has(next)) continue
    files.add(next)
    open.push(...runtimeImports(next).map((imported) => imported.file))
  }
  return files
}

describe('each data table', () => {
  const reached = stageNames.map((stage) => ({ stage, files: closureOf(join(stagesFolder, `${stage}.ts`)) }))
  const source = readFileSync(join(stagesFolder, 'versions.ts'), 'utf8')
  const homes = runtimeImports(join(stagesFolder, 'versions.ts'))

  test.each(Object.entries(dataTables))('(%s) touches the first stage that imports it', (table, { from }) => {
    const name = new RegExp(`'?${table}'?: \\{ version: (\\w+)`).exec(source)?.[1]
    const home = homes.find((imported) => imported.name === `{ ${name} }`)?.file
    // The verdict's file reaches all tables by recording their versions: it is the stage of what no other one reaches.
    const first = reached.slice(0, -1).find(({ files }) => files.has(home!))?.stage ?? 'verdict'
    expect(home).toBeDefined()
    expect(from).toBe(first)
  })
})

describe('what a change of versions touches', () => {
  const changed = (...names: string[]) => ({
    ...dataVersions,
    ...Object.fromEntries(names.map((name) => [name, 'old'])),
  })

  test('is nothing without a change', () => expect(firstStageTouched(dataVersions)).toBeNull())
  test('is the verdict alone for its weights', () => expect(firstStageTouched(changed('evidence'))).toBe('verdict'))
  test('is everything from the parser on', () => expect(firstStageTouched(changed('tracker-layouts'))).toBe('pool'))
  test('is everything from the earliest on, of several', () =>
    expect(firstStageTouched(changed('evidence', 'allocators', 'stage-pool'))).toBe('pool'))

  test('is every stage where versions were not recorded, or are of something unknown today', () => {
    const { 'stage-header': _, ...before } = dataVersions
    expect(firstStageTouched(before)).toBe('header')
    expect(firstStageTouched({ ...dataVersions, 'a-table-of-long-ago': '1' })).toBe('header')
  })
})
