import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { archiveFormatOf } from '../../shared/dump/foreign-formats.ts'
import { missing } from '../missing.ts'
import { someDump, unpacked } from './some-dump.ts'

/** What the packers that people use make of a dump. Two megabytes, so that matches reach across every window. */
const dump = Buffer.from(someDump(2_500_000, 7))

/** Command line, and the file it leaves; `-` for its standard output. */
const tools: [what: string, command: string[], archive: string][] = [
  ['zip', ['zip', '-q', 'a.zip', 'MEMORY.DMP'], 'a.zip'],
  ['zip, stored', ['zip', '-q', '-0', 's.zip', 'MEMORY.DMP'], 's.zip'],
  ['zip into a pipe, with Zip64 and data descriptors', ['zip', '-q', '-fz', '-', 'MEMORY.DMP'], '-'],
  ['zip of what comes through a pipe', ['sh', '-c', 'cat MEMORY.DMP | zip -q - -'], '-'],
  [
    '7-Zip with Deflate64, as Windows Explorer packs',
    ['7z', 'a', '-bso0', '-tzip', '-mm=Deflate64', '64.zip', 'MEMORY.DMP'],
    '64.zip',
  ],
  ['gzip', ['gzip', '-c', 'MEMORY.DMP'], '-'],
  ['gzip -1', ['gzip', '-1', '-c', 'MEMORY.DMP'], '-'],
  [
    'two gzip files in one',
    ['sh', '-c', '{ head -c 1000000 MEMORY.DMP | gzip; tail -c +1000001 MEMORY.DMP | gzip; }'],
    '-',
  ],
  ['zstd', ['zstd', '-q', '-c', 'MEMORY.DMP'], '-'],
  ['zstd -19 --long', ['zstd', '-q', '-19', '--long', '-c', 'MEMORY.DMP'], '-'],
  ['pzstd', ['pzstd', '-q', '-p', '2', '-c', 'MEMORY.DMP'], '-'],
  ['gcab with MSZIP', ['gcab', '-c', '-z', 'a.cab', 'MEMORY.DMP'], 'a.cab'],
  ['gcab, stored', ['gcab', '-c', 's.cab', 'MEMORY.DMP'], 's.cab'],
]
const programs = ['zip', '7z', 'gzip', 'zstd', 'pzstd', 'gcab']
const has = (program: string): boolean => spawnSync('which', [program]).status === 0

describe.skipIf(missing('one of zip, 7z, gzip, zstd, pzstd, gcab', programs.every(has)))('a dump packed with', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'dumpline-archives-'))
    writeFileSync(join(folder, 'MEMORY.DMP'), dump)
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  const make = ([program, ...args]: string[], archive: string): Buffer => {
    const output = join(folder, 'output')
    execFileSync(program, args, { cwd: folder, stdio: ['ignore', openSync(output, 'w'), 'inherit'] })
    return readFileSync(archive === '-' ? output : join(folder, archive))
  }

  test.each(tools)('%s comes out byte for byte', async (_, command, archive) => {
    const bytes = make(command, archive)
    const format = archiveFormatOf(bytes.subarray(0, 16))
    expect(format).not.toBeNull()
    expect((await unpacked(bytes, format!)).equals(dump)).toBe(true)
  })

  test.each([
    [
      '7-Zip with a password',
      ['7z', 'a', '-bso0', '-tzip', '-psecret', 'p.zip', 'MEMORY.DMP'],
      'p.zip',
      'archive-encrypted',
    ],
    ['zip with a password', ['zip', '-q', '-P', 'secret', 'q.zip', 'MEMORY.DMP'], 'q.zip', 'archive-encrypted'],
    ['bzip2 in ZIP', ['7z', 'a', '-bso0', '-tzip', '-mm=BZip2', 'b.zip', 'MEMORY.DMP'], 'b.zip', 'archive-method'],
    ['tar and gzip', ['tar', '-czf', 'a.tgz', 'MEMORY.DMP'], 'a.tgz', 'archive-nested'],
  ] as [string, string[], string, string][])('%s is refused', async (_, command, archive, code) => {
    const bytes = make(command, archive)
    await expect(unpacked(bytes, archiveFormatOf(bytes.subarray(0, 16))!)).rejects.toMatchObject({ tag: code })
  })

  test('a window of 2 GiB is refused', async () => {
    const bytes = make(['sh', '-c', 'cat MEMORY.DMP | zstd -q --ultra --long=31 -c'], '-')
    await expect(unpacked(bytes, 'zstd')).rejects.toMatchObject({ tag: 'archive-window' })
  })
})
