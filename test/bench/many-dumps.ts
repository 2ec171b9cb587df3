import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { uploadDump } from '../../infra/local/upload.ts'
import { CaseDetail, CaseList } from '../../shared/cases/api.ts'
import type { CaseRecord } from '../../shared/cases/records.ts'
import { startStackProcess } from '../e2e/stack-process.ts'
import { madeAssembly } from '../made.ts'
import { distinctDumps } from './distinct-dumps.ts'
import { watchMemory } from './watch-memory.ts'

/**
 * Many tiny dumps at once through the local stack, no two alike: `npx node test/bench/many-dumps.ts [--dumps 200]`. Prints
 * how many cases a minute came through and how much memory the stack and its functions took; ends with status 1 if a
 * case was not solved, a message ended in a dead-letter queue, or the stack took more memory than it may for any number.
 */
const { values } = parseArgs({ options: { dumps: { type: 'string', default: '200' } } })
const count = Number(values.dumps)
const uploadsAtOnce = 4
const mostMinutes = 30
/** Of the stack's own process, storage, queues and table in it; each function has its own limit, which the stack holds. */
const mostBytesOfStack = 2 ** 30

const folder = await mkdtemp(join(tmpdir(), 'dumpline-many-'))
const dataDir = join(folder, 'data')
await mkdir(dataDir)
const { bytes, next: nextDump } = distinctDumps(folder)
const assembly = await madeAssembly()
const stack = await startStackProcess(assembly, dataDir)
const { api } = stack

const allCases = async (): Promise<CaseRecord[]> => {
  const cases: CaseRecord[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: CaseList = await api.get(`/api/cases?limit=100${cursor && `&cursor=${cursor}`}`, CaseList)
    cases.push(...page.cases)
    cursor = page.nextCursor
  }
  return cases
}

const started = performance.now()
const waiting = Array.from({ length: count }, (_, index) => index)
const upload = async (): Promise<void> => {
  while (waiting.pop() !== undefined) {
    const dump = await nextDump()
    await uploadDump(api, dump)
    await rm(dump)
  }
}
const memory = watchMemory(stack.pid)
await Promise.all(Array.from({ length: uploadsAtOnce }, upload))
const uploadedMs = performance.now() - started

const unfinished = async (): Promise<number> =>
  (await allCases()).filter(({ status }) => status !== 'done' && status !== 'failed').length
while ((await unfinished()) > 0 && performance.now() - started < mostMinutes * 60_000)
  // Asking takes the machine's time too, the more the more cases there are.
  await new Promise((resolve) => setTimeout(resolve, 1000 + count * 3))
const minutes = (performance.now() - started) / 60_000
const peak = memory.stop()

const cases = await allCases()
const culprits = cases.filter(({ verdict }) => verdict === 'culprit').length
let retried = 0
for (const { caseId } of cases) {
  const { dumps } = await api.get(`/api/cases/${caseId}`, CaseDetail)
  const stages = dumps.flatMap(({ analyses }) => analyses.flatMap((analysis) => analysis.stages))
  retried += stages.filter(({ attempt }) => attempt > 1).length
}
await stack.stop()
await rm(folder, { recursive: true, force: true })

const mib = (value: number): string => `${(value / 2 ** 20).toFixed(0)} MiB`
console.log(
  `${count} dumps of ${mib(bytes)}, ${uploadsAtOnce} uploads at once: uploaded in ${(uploadedMs / 1000).toFixed(0)} s`,
)
console.log(
  `${culprits} of ${count} solved in ${minutes.toFixed(1)} minutes: ${(culprits / minutes).toFixed(0)} cases a minute`,
)
console.log(`memory at most: the stack ${mib(peak.own)}, with all its functions ${mib(peak.whole)}`)
console.log(`stages tried more than once: ${retried}; dead letters: ${JSON.stringify(stack.deadLetters())}`)
for (const problem of stack.problems.slice(0, 10)) console.log(problem)
if (culprits < count || stack.deadLetters().length > 0 || peak.own > mostBytesOfStack) process.exitCode = 1
