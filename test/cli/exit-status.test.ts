import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { Analysis } from '../../shared/analysis/analysis.ts'

const program = join(import.meta.dirname, '../../functions/cli/dumpline.ts')
const folder = mkdtempSync(join(tmpdir(), 'dumpline-cli-'))
afterAll(() => rmSync(folder, { recursive: true }))

const dumpline = (...args: string[]) => spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' })

const file = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

/** DUMP_HEADER64 that announces nothing but itself (reference 1.3): type 3, header only. */
const headerOnly = (): Uint8Array => {
  const bytes = Buffer.alloc(0x2000, 'PAGE')
  bytes.write('PAGEDU64', 'latin1')
  bytes.writeUInt32LE(15, 8)
  bytes.writeUInt32LE(7601, 0xc)
  bytes.writeUInt32LE(0x8664, 0x30)
  bytes.writeUInt32LE(1, 0x34)
  bytes.writeUInt32LE(0xd1, 0x38)
  bytes.writeUInt32LE(3, 0xf98)
  return bytes
}

test('0: an analysis was made, whatever it found', () => {
  const { status, stdout, stderr } = dumpline('analyze', file('header.dmp', headerOnly()))
  expect(stderr).toBe('')
  expect(status).toBe(0)
  expect(stdout).toContain('Verdict: not-determinable')
})

test('0: with --json one Analysis on stdout and nothing else', () => {
  const { status, stdout } = dumpline('analyze', '--json', file('json.dmp', headerOnly()))
  expect(status).toBe(0)
  expect(Analysis.parse(JSON.parse(stdout))).toMatchObject({ dump: { format: 'header-only', build: 7601 } })
})

test('3: not a dump, the reason on stderr and nothing on stdout', () => {
  const { status, stdout, stderr } = dumpline('analyze', file('text.txt', 'Dear support, '.repeat(100)))
  expect({ status, stdout }).toEqual({ status: 3, stdout: '' })
  expect(stderr).toMatch(/^dumpline: .*\bdump\b/)
})

test('3: with --json the refusal in an Analysis as well', () => {
  const { status, stdout, stderr } = dumpline('analyze', file('empty.dmp', ''), '--json')
  expect(status).toBe(3)
  expect(stderr).toContain('empty')
  expect(Analysis.parse(JSON.parse(stdout)).dump.refusal?.message).toContain('empty')
})

test.each([
  ['no command', []],
  ['an unknown command', ['frobnicate']],
  ['an unknown option', ['analyze', 'a.dmp', '--frobnicate']],
  ['a file that is not there', ['analyze', join(folder, 'nowhere.dmp')]],
  ['a folder', ['analyze', folder]],
  ['kd, which comes later', ['kd', 'a.dmp']],
  ['compare, which comes later', ['compare', 'a.dmp', 'b.dmp']],
])('2: %s, with a sentence and no stack', (_, args) => {
  const { status, stdout, stderr } = dumpline(...args)
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(stderr).toMatch(/^dumpline: .+\./)
  expect(stderr).not.toMatch(/\n\s+at /)
})

test('2: a symbol map that is none', () => {
  const dump = file('symbols.dmp', headerOnly())
  const { status, stderr } = dumpline('analyze', dump, '--symbols', file('symbols.json', '{"nt": 5}'))
  expect(status).toBe(2)
  expect(stderr).toContain('is not a symbol map')
})
