import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, test } from 'vitest'

/**
 * Imports run one way. Inside `shared` a folder may import folders of a lower layer only; `cases` and `messages` know
 * the engine by its result types; functions and infra import shared; the forge and the engine never meet. The portal
 * imports types alone, and the one folder that is made for browsers as well: `upload`, which in turn knows only types.
 */
const root = join(import.meta.dirname, '..')

const engineLayers = [
  ['analysis'],
  ['bytes'],
  ['dump'],
  ['archive'],
  ['memory'],
  ['image'],
  ['kernel'],
  ['symbols'],
  ['pool', 'imports'],
  ['verdict'],
  ['growth'],
  ['report'],
  ['debugger'],
  ['stages'],
]

/** Which folders each other folder may import, as path prefixes. */
const allowed: Record<string, string[]> = {
  'shared/cases': ['shared/cases', 'shared/analysis'],
  'shared/upload': ['shared/upload', 'shared/cases'],
  'shared/messages': ['shared/messages', 'shared/cases', 'shared/analysis'],
  'shared/cost': ['shared/cost', 'shared/cases', 'shared/analysis', 'shared/stages'],
  functions: ['functions', 'shared'],
  infra: ['infra', 'shared'],
  'test/forge': ['test/forge'],
}
for (const [rank, layer] of engineLayers.entries())
  for (const folder of layer)
    allowed[`shared/${folder}`] = [
      `shared/${folder}`,
      ...engineLayers.slice(0, rank).flatMap((lower) => lower.map((name) => `shared/${name}`)),
    ]

/** `dumpline forge` is a development command: the command line loads the forge when it is asked for, nothing else does. */
const exceptions = new Set(['functions/cli/forge.ts -> test/forge'])

type Import = { from: string; to: string; typeOnly: boolean }

const importsOf = (file: string): Import[] => {
  const source = readFileSync(join(root, file), 'utf8')
  const statements = source.matchAll(
    /(?:^|\n)\s*(import|export)\s+(type\s)?[^'"]*?from\s+['"](\.[^'"]+)['"]|import\(\s*['"](\.[^'"]+)['"]/g,
  )
  return [...statements].map((match) => ({
    from: file,
    to: relative(root, join(root, dirname(file), match[3] ?? match[4])),
    typeOnly: match[2] !== undefined,
  }))
}

const within = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`)

const ruleFor = (file: string): [string, string[]] | undefined =>
  Object.entries(allowed)
    .filter(([folder]) => within(file, folder))
    .sort(([a], [b]) => b.length - a.length)[0]

const violations = (imports: Import[]): string[] =>
  imports.flatMap(({ from, to, typeOnly }) => {
    const rule = ruleFor(from)
    if (rule === undefined) return within(from, 'shared') ? [`${from}: its folder has no layer`] : []
    const excepted = [...exceptions].some((exception) => {
      const [file, folder] = exception.split(' -> ')
      return from === file && within(to, folder)
    })
    if (excepted) return []
    if (within(from, 'functions/portal') && within(to, 'shared') && !within(to, 'shared/upload') && !typeOnly)
      return [`${from} imports ${to}: the portal imports types alone`]
    if (within(from, 'shared/upload') && !within(to, 'shared/upload') && !typeOnly)
      return [`${from} imports ${to}: what runs in a browser imports types alone`]
    return rule[1].some((folder) => within(to, folder)) ? [] : [`${from} imports ${to}`]
  })

const files = globSync(['shared/**/*.ts', 'functions/**/*.{ts,tsx}', 'infra/**/*.ts', 'test/**/*.ts'], {
  cwd: root,
  exclude: ['**/node_modules/**', '**/dist/**'],
})

test('imports run one way', () => {
  const imports = files.flatMap(importsOf)
  expect(imports.length).toBeGreaterThan(20)
  expect(violations(imports)).toEqual([])
})

/** Files that import one another, by whatever way round: each circle once, sorted. */
const circles = (imports: Import[]): string[][] => {
  const next = new Map<string, string[]>()
  for (const { from, to } of imports) next.set(from, [...(next.get(from) ?? []), to])
  const reach = (start: string): Set<string> => {
    const seen = new Set<string>()
    const open = [...(next.get(start) ?? [])]
    for (let file = open.pop(); file !== undefined; file = open.pop()) {
      if (seen.has(file)) continue
      seen.add(file)
      open.push(...(next.get(file) ?? []))
    }
    return seen
  }
  const reached = new Map([...next.keys()].map((file) => [file, reach(file)]))
  const found = new Map<string, string[]>()
  for (const [file, seen] of reached) {
    if (!seen.has(file)) continue
    const circle = [...seen].filter((other) => reached.get(other)?.has(file)).sort()
    found.set(circle.join(), circle)
  }
  return [...found.values()]
}

test('no files import one another in a circle, not even for types', () => {
  expect(circles(files.flatMap(importsOf))).toEqual([])
})

test('the check notices a circle', () => {
  const link = (from: string, to: string): Import => ({ from, to, typeOnly: true })
  expect(circles([link('a', 'b'), link('b', 'c'), link('c', 'b'), link('c', 'd')])).toEqual([['b', 'c']])
})

test('the check notices an import against the direction', () => {
  const against = (from: string, to: string, typeOnly = false) => violations([{ from, to, typeOnly }]).length
  expect(against('shared/dump/header.ts', 'shared/kernel/kdbg.ts')).toBe(1)
  expect(against('shared/kernel/kdbg.ts', 'shared/dump/header.ts')).toBe(0)
  expect(against('shared/verdict/judge.ts', 'test/forge/forge.ts')).toBe(1)
  expect(against('test/forge/forge.ts', 'shared/dump/header.ts')).toBe(1)
  expect(against('shared/cases/store.ts', 'shared/stages/header.ts')).toBe(1)
  expect(against('functions/portal/main.tsx', 'shared/cases/api.ts')).toBe(1)
  expect(against('functions/portal/main.tsx', 'shared/cases/api.ts', true)).toBe(0)
  expect(against('functions/portal/main.tsx', 'shared/upload/sha256.ts')).toBe(0)
  expect(against('shared/upload/sha256.ts', 'shared/cases/api.ts')).toBe(1)
  expect(against('infra/aws/app.ts', 'functions/api/handler.ts')).toBe(1)
})
