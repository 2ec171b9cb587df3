import { expect, test } from 'vitest'
import { parseCommandLine, usageOf } from '../../functions/cli/command-line.ts'

test('analyze takes a file and its options, in any order', () => {
  expect(parseCommandLine(['analyze', '--json', 'a.dmp', '--symbols', 's.json', '--full-scan'])).toEqual({
    command: 'analyze',
    file: 'a.dmp',
    json: true,
    markdown: false,
    transcript: false,
    symbols: 's.json',
    pooltag: undefined,
    fullScan: true,
  })
})

test.each([
  [[]],
  [['analyse', 'a.dmp']],
  [['analyze']],
  [['analyze', 'a.dmp', 'b.dmp']],
  [['analyze', 'a.dmp', '--unknown']],
  [['analyze', 'a.dmp', '--symbols']],
  [['forge', 'x']],
  [['compare']],
  [['compare', 'a.dmp']],
  [['compare', 'a.dmp', 'b.dmp', '--unknown']],
  [['toString']],
])('%j is wrong, with a reason', (args) => {
  expect(parseCommandLine(args)).toMatchObject({ command: 'wrong', reason: expect.stringMatching(/\S/) })
})

test('kd takes a file, and commands if they are not to be asked for', () => {
  const kd = { command: 'kd', file: 'a.dmp', commands: undefined, symbols: undefined, pooltag: undefined }
  expect(parseCommandLine(['kd', 'a.dmp'])).toEqual(kd)
  expect(parseCommandLine(['kd', '--symbols', 's.json', 'a.dmp', '-c', '!vm; lm'])).toEqual({
    ...kd,
    commands: '!vm; lm',
    symbols: 's.json',
  })
  expect(parseCommandLine(['kd'])).toMatchObject({ command: 'wrong' })
})

test('compare takes two files or more', () => {
  expect(parseCommandLine(['compare', 'a.dmp', '--json', 'b.dmp', 'c.dmp'])).toEqual({
    command: 'compare',
    files: ['a.dmp', 'b.dmp', 'c.dmp'],
    json: true,
  })
})

const names = ['analyze', 'kd', 'compare', 'upload', 'forge', 'reprocess'] as const

test.each(names)('help about %s is no error', (name) => {
  for (const args of [
    [name, '--help'],
    [name, '-h'],
    [name, 'x', '--help'],
    ['help', name],
    ['--help', name],
  ])
    expect(parseCommandLine(args)).toEqual({ command: 'help', about: name })
  expect(usageOf(null)).toContain(`  dumpline ${name} `)
  expect(usageOf(null)).toContain(usageOf(name).slice(0, usageOf(name).indexOf('Exit status')).trim())
})

test.each([[['--help']], [['-h']], [['help']], [['help', 'nothing']]])('%j is help about all commands', (args) => {
  expect(parseCommandLine(args)).toEqual({ command: 'help', about: null })
})

test.each(names)('%s knows each option that its help tells of', (name) => {
  for (const [option] of usageOf(name).matchAll(/--[a-z-]+/g))
    expect(parseCommandLine([name, option, 'x']), option).not.toMatchObject({
      reason: expect.stringMatching('Unknown option'),
    })
})
