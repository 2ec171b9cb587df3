import { readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { uploadDump } from '../../infra/local/upload.ts'
import { CaseDetail, CaseList } from '../../shared/cases/api.ts'
import type { CaseRecord } from '../../shared/cases/records.ts'
import { startStackProcess } from '../e2e/stack-process.ts'
import { forge } from '../forge/forge.ts'
import { madeAssembly } from '../made.ts'

/**
 * Many tiny dumps at once through the local stack: `node test/bench/many-dumps.ts [--dumps 200]`. Prints how many cases
 * a minute came through and how much memory the stack and its functions took; ends with status 1 if a case did not
 * finish or a message ended in a dead-letter queue.
 */
const { values } = parseArgs({ options: { dumps: { type: 'string', default: '200' } } })
const count = Number(values.dumps)
const uploadsAtOnce = 4
const mostMinutes = 30

const folder = await mkdtemp(join(tmpdir(), 'dumpline-many-'))
const dataDir = join(folder, 'data')
await mkdir(dataDir)
const dump = join(folder, 'tiny.dmp')
const { bytes } = await forge('tiny-x64', dump)
const assembly = await madeAssembly()
const stack = await startStackProcess(assembly, dataDir)
const { api } = stack

/** Resident bytes of a process and of all its children, from /proc; 0 where there is none. */
const residentBytes = (pid: number): number => {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean)
    const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1])
    return children.reduce((sum, child) => sum + residentBytes(Number(child)), pages * 4096)
  } catch {
    return 0
  }
}

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
  while (waiting.pop() !== undefined) await uploadDump(api, dump)
}
let peak = 0
let peakOfStack = 0
const watch = setInterval(() => {
  peak = Math.max(peak, residentBytes(stack.pid))
  const own = readFileSync(`/proc/${stack.pid}/statm`, 'utf8').split(' ')[1]
  peakOfStack = Math.max(peakOfStack, Number(own) * 4096)
}, 500)
await Promise.all(Array.from({ length: uploadsAtOnce }, upload))
const uploadedMs = performance.now() - started

const unfinished = async (): Promise<number> =>
  (await allCases()).filter(({ status }) => status !== 'done' && status !== 'failed').length
while ((await unfinished()) > 0 && performance.now() - started < mostMinutes * 60_000)
  await new Promise((resolve) => setTimeout(resolve, 1000))
const minutes = (performance.now() - started) / 60_000
clearInterval(watch)

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
console.log(`memory at most: the stack ${mib(peakOfStack)}, with all its functions ${mib(peak)}`)
console.log(`stages tried more than once: ${retried}; dead letters: ${JSON.stringify(stack.deadLetters())}`)
for (const problem of stack.problems.slice(0, 10)) console.log(problem)
if (culprits < count || stack.deadLetters().length > 0) process.exitCode = 1
