import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { watchCase } from '../../infra/local/job/watch-case.ts'
import { uploadDump } from '../../infra/local/upload.ts'
import type { StageRecord } from '../../shared/cases/records.ts'
import { startStackProcess } from '../e2e/stack-process.ts'
import { madeAssembly } from '../made.ts'
import { distinctDumps } from './distinct-dumps.ts'

/**
 * What each stage of some forged dumps takes in the local stack, as shared/cost/measured-dumps.ts holds it:
 * `npx node test/bench/stage-costs.ts [SCENARIO…]`. Each dump goes through once before it counts: Lambda bills a function's
 * start, but not for every dump.
 */
const scenarios = process.argv.length > 2 ? process.argv.slice(2) : ['tiny-x64', '2008-nonpaged-depletion', 'healthy']
const folder = await mkdtemp(join(tmpdir(), 'dumpline-costs-'))
const assembly = await madeAssembly()
const stack = await startStackProcess(assembly, join(folder, 'data'))
const { api } = stack
for (const scenario of scenarios) {
  const { bytes, next: nextDump } = distinctDumps(folder, scenario)
  let stages: StageRecord[] = []
  for (const _run of ['warm', 'counted']) {
    stages = []
    // The same bytes again would be led to the first run's analysis.
    const file = await nextDump()
    const { caseId, dump } = await uploadDump(api, file)
    const signal = AbortSignal.timeout(300_000)
    const onStage = (stage: StageRecord): void => void stages.push(stage)
    await watchCase({ api, caseId, dumpId: dump.dumpId, signal, onStage, stuck: () => null })
  }
  console.log(`  '${scenario}': {`)
  console.log(`    bytes: ${bytes},`)
  console.log('    stages: {')
  for (const { stage, cost } of stages)
    console.log(
      `      ${stage}: { bytesRead: ${cost?.bytesRead}, reads: ${cost?.reads}, milliseconds: ${cost?.milliseconds} },`,
    )
  console.log('    },\n  },')
}
await stack.stop()
await rm(folder, { recursive: true, force: true })
