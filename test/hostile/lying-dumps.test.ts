import { expect, test } from 'vitest'
import { bufferSource } from '../../shared/bytes/buffer-source.ts'
import { countingSource } from '../../shared/bytes/counting-source.ts'
import { headerStage } from '../../shared/stages/header.ts'
import { importsStage } from '../../shared/stages/imports.ts'
import { poolStage } from '../../shared/stages/pool.ts'
import { verdictStage } from '../../shared/stages/verdict.ts'
import { lyingDumps } from './lying-dumps.ts'

const cost = { bytesRead: 0, reads: 0, milliseconds: 0, peakMemoryBytes: 0 }

/** Beside the bytes of the dump, read a few times by each stage: a list of thousands of modules, three times, is most of it. */
const mostReads = 100_000
const mostResultCharacters = 32 * 2 ** 20

test.each(lyingDumps)(
  '$name: every stage ends, reads little and says little, and nobody is blamed',
  async ({ file }) => {
    const bytes = file()
    const source = countingSource(bufferSource(bytes))
    const header = { ...(await headerStage(source, {})), cost }
    const pool = { ...(await poolStage(source, header, {})), cost }
    const imports = { ...(await importsStage(source, header, {}, pool)), cost }
    const { verdict, findings } = verdictStage(header, pool, imports)
    expect(source.counts.reads).toBeLessThan(mostReads)
    expect(source.counts.bytes).toBeLessThan(16 * bytes.length + 2 ** 24)
    expect(JSON.stringify([header, pool, imports]).length).toBeLessThan(mostResultCharacters)
    expect(['not-determinable', 'inconclusive']).toContain(verdict)
    expect(findings.flatMap(({ candidates }) => candidates).filter(({ confidence }) => confidence > 0.5)).toEqual([])
  },
)
