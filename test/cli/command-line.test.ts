import { expect, test } from 'vitest'
import { parseCommandLine } from '../../functions/cli/command-line.ts'

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

test('help is no error', () => {
  expect(parseCommandLine(['--help'])).toEqual({ command: 'help' })
  expect(parseCommandLine(['analyze', '--help'])).toEqual({ command: 'help' })
})
