import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Analysis } from '../../shared/analysis/analysis.ts'
import { missing } from '../missing.ts'
import { sharedData } from '../shared-data.ts'
import { analyzeFile } from './analyze-source.ts'

const data = sharedData()
const dump = (name: string): string => join(data ?? '', 'dumps', name)

const namesNobody = ({ verdict, findings }: Analysis): void => {
  expect(verdict).toBe('not-determinable')
  expect(findings.flatMap((finding) => finding.candidates)).toEqual([])
}

describe.skipIf(missing('the folder of real dumps', data !== null))('real dumps', () => {
  test.each([
    ['triage-x64-19041.dmp', 'triage_x64', 'x64', 151],
    ['triage-arm64-22000.dmp', 'triage_arm64', 'arm64', 245],
  ] as const)(
    '%s gives build, bugcheck and modules, and the advice to take a kernel dump',
    async (name, key, architecture, drivers) => {
      const vectors = JSON.parse(readFileSync(join(data!, 'vectors/triage-header-fields.json'), 'utf8'))
      const header = vectors[key].DUMP_HEADER64
      const analysis = await analyzeFile(dump(name))
      const unpadded = (hex: string): string => `0x${BigInt(hex).toString(16)}`
      expect(analysis.dump).toMatchObject({
        format: 'triage',
        architecture,
        build: Number(header.MinorVersion),
        processors: Number(header.NumberProcessors),
        bugcheck: {
          code: unpadded(header.BugCheckCode),
          parameters: [1, 2, 3, 4].map((index) => unpadded(header[`BugCheckParameter${index}`])),
        },
      })
      expect(analysis.modules).toHaveLength(drivers)
      expect(analysis.modules[0].name).toBe('ntoskrnl.exe')
      expect(analysis.modules[1].name).toBe('hal.dll')
      expect(analysis.findings[0]).toMatchObject({ kind: 'dump-quality', status: 'not-determinable' })
      expect(analysis.findings[0].nextStep).toContain('CrashDumpEnabled = 2')
      namesNobody(analysis)
    },
  )

  test('the truncated one says plainly that it is, and how much is missing', async () => {
    const analysis = await analyzeFile(dump('full-x64-19045-truncated.dmp'))
    expect(analysis.dump).toMatchObject({ format: 'full', architecture: 'x64', build: 19045, truncated: true })
    const { expected, present } = analysis.dump.physicalPages!
    expect(present).toBeLessThan(expected / 100)
    expect(analysis.headline).toContain('The dump is truncated')
    expect(analysis.coverage).toContainEqual(
      expect.objectContaining({ wantedBytes: expected * 4096, readBytes: present * 4096 }),
    )
    expect(analysis.pool).toBeNull()
    namesNobody(analysis)
  })
})
