import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { Analysis } from '../../shared/analysis/analysis.ts'
import { Comparison } from '../../shared/analysis/comparison.ts'

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
  ['an unknown scenario', ['forge', 'no-such-scenario', join(folder, 'x.dmp')]],
  ['a place that cannot be written to', ['forge', 'tiny-x86', join(folder, 'no', 'such', 'folder.dmp')]],
  ['kd without a file', ['kd']],
  ['compare with one file', ['compare', 'a.dmp']],
  ['compare with a file that is not there', ['compare', join(folder, 'nowhere.dmp'), join(folder, 'no.dmp')]],
])('2: %s, with a sentence and no stack', (_, args) => {
  const { status, stdout, stderr } = dumpline(...args)
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(stderr).toMatch(/^dumpline: .+\./)
  expect(stderr).not.toMatch(/\n\s+at /)
})

test('0: a forged dump is written with its truth and symbols, and analysed to its culprit', () => {
  const dump = join(folder, 'tiny.dmp')
  expect(dumpline('forge', 'tiny-x64', dump).status).toBe(0)
  const truth = JSON.parse(readFileSync(`${dump}.truth.json`, 'utf8'))
  const { status, stdout, stderr } = dumpline('analyze', dump, '--symbols', `${dump}.symbols.json`, '--json')
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  const analysis = Analysis.parse(JSON.parse(stdout))
  expect(analysis).toMatchObject({ verdict: 'culprit', memory: { failedAllocations: truth.memory.failedAllocations } })
  expect(analysis.findings[0].candidates[0].name).toBe(truth.culprit.module)
})

test('0: two dumps are compared, whatever that tells', () => {
  const dumps = ['one.dmp', 'two.dmp'].map((name) => file(name, headerOnly()))
  const text = dumpline('compare', ...dumps)
  expect({ status: text.status, stderr: text.stderr }).toEqual({ status: 0, stderr: '' })
  expect(text.stdout).toContain('nothing can be compared')
  const { status, stdout } = dumpline('compare', '--json', ...dumps)
  expect(status).toBe(0)
  expect(Comparison.parse(JSON.parse(stdout))).toMatchObject({ tags: [], sameServer: null })
})

test('3: one of the files compared is no dump, said by its name', () => {
  const files = [file('good.dmp', headerOnly()), file('bad.dmp', 'Dear support, '.repeat(100))]
  const { status, stdout, stderr } = dumpline('compare', ...files)
  expect({ status, stdout }).toEqual({ status: 3, stdout: '' })
  expect(stderr).toContain('bad.dmp')
  const json = dumpline('compare', '--json', ...files)
  expect(json.status).toBe(3)
  expect(Analysis.parse(JSON.parse(json.stdout)).dump.refusal).toBeDefined()
})

test('1: a Node too old says so in a sentence', () => {
  const older = "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '22.18.0' } })"
  const args = ['--import', `data:text/javascript,${older}`, program, '--help']
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
  expect(stderr).toBe(
    'dumpline needs Node 24 or newer, and this is Node 22.18.0. In a checkout, npx dumpline after npm ci uses the Node that comes with it.\n',
  )
})

test('2: a symbol map that is none', () => {
  const dump = file('symbols.dmp', headerOnly())
  const { status, stderr } = dumpline('analyze', dump, '--symbols', file('symbols.json', '{"nt": 5}'))
  expect(status).toBe(2)
  expect(stderr).toContain('is not a symbol map')
})
