import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { forge } from '../forge/forge.ts'

const program = join(import.meta.dirname, '../../functions/cli/dumpline.ts')
const folder = mkdtempSync(join(tmpdir(), 'dumpline-same-'))
const dump = join(folder, 'MEMORY.DMP')

/** The whole analysis but for what it cost, as text: in the surroundings given. */
const analysis = (environment: Record<string, string>, cwd: string): string => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, 'analyze', '--json', dump], {
    encoding: 'utf8',
    cwd,
    env: { PATH: process.env.PATH ?? '', ...environment },
  })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  const { cost, ...rest } = JSON.parse(stdout)
  expect(cost.bytesRead).toBeGreaterThan(0)
  return JSON.stringify(rest)
}

beforeAll(() => forge('tiny-x64', dump).then(() => {}))
afterAll(() => rmSync(folder, { recursive: true }))

test('one dump gives one analysis, byte for byte, whatever the machine, its locale and its time zone', () => {
  const here = analysis({}, process.cwd())
  expect(here).toContain('"verdict":"culprit"')
  const elsewhere: readonly Record<string, string>[] = [
    { TZ: 'Asia/Kathmandu', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' },
    { TZ: 'Pacific/Chatham', LANG: 'de_DE.UTF-8', LC_ALL: 'de_DE.UTF-8', HOSTNAME: 'elsewhere', HOME: folder },
    { TZ: 'America/St_Johns', LC_ALL: 'C', NODE_OPTIONS: '--max-old-space-size=512' },
  ]
  for (const environment of elsewhere) expect(analysis(environment, folder)).toBe(here)
})
