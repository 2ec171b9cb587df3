import { mkdir, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { openDatabase } from '../../infra/local/endpoints/database.ts'
import { type CreatedObject, createdEvent } from '../../infra/local/s3/events.ts'
import { openObjects } from '../../infra/local/s3/objects.ts'
import { readAssembly } from '../../infra/local/template/assembly.ts'
import { account } from '../../infra/local/template/template.ts'
import { Analysis } from '../../shared/analysis/analysis.ts'
import { CaseDetail } from '../../shared/cases/api.ts'
import { dumpKey } from '../../shared/cases/object-keys.ts'
import type { ShardRecord } from '../../shared/cases/records.ts'
import { isSettledShard } from '../../shared/cases/stuck.ts'
import { distinctDumps } from '../bench/distinct-dumps.ts'
import { sparseDump } from '../bench/sparse-dump.ts'
import { watchMemory } from '../bench/watch-memory.ts'
import { startStackProcess } from '../e2e/stack-process.ts'
import { madeAssembly } from '../made.ts'
import { dumpsBucket, logicalId, openStorage } from './local-batch.ts'
import { type PersonsWait, personsUpload, told } from './persons-upload.ts'
import { storedIds } from './stored-cases.ts'

/**
 * `npm run campaign:full-scan -- [GIGABYTES]`: a sparse dump of 32 GiB in the local stack, all of whose pages are
 * scanned in shards while a person uploads small dumps. The dump is put where S3 of the stack keeps its bytes, for it
 * would fill the disk on its way through an upload. Prints how many shards ran side by side, how long the scan took, and
 * how long the person waited beside it and in the idle stack. Ends with status 1 if a shard is lost, shards did not
 * overlap, a part of the dump was not scanned, or no small case was done before the scan was.
 */
const gigabytes = Number(process.argv[2] ?? 32)
const mostMinutes = 25
const folder = await mkdtemp(join(tmpdir(), 'dumpline-full-scan-'))
const dataDir = join(folder, 'data')
const { next: nextDump } = distinctDumps(folder)
const assembly = await madeAssembly()
const { template } = await readAssembly(assembly)
const { at, caseId, dumpId } = storedIds(0)
const id = { tenant: 'default', caseId, dumpId }

const check = (what: string, holds: boolean): void => {
  if (holds) return
  process.exitCode = 1
  console.log(`WRONG: ${what}`)
}

/** Writes the dump, its zeros as holes of the file, and has storage know it. Nobody is told of it yet. */
const putLargeDump = async (): Promise<CreatedObject> => {
  const blob = 'sparse'
  const dump = sparseDump(gigabytes)
  await mkdir(join(dataDir, 's3'), { recursive: true })
  await using file = await open(join(dataDir, 's3', blob), 'w')
  await file.truncate(dump.bytes)
  for (const { offset, bytes } of dump.parts) await file.write(bytes, 0, bytes.length, offset)
  const db = openDatabase(dataDir)
  const made = Promise.withResolvers<CreatedObject>()
  openObjects(db, () => true, made.resolve, Date.now).add({
    bucket: dumpsBucket(template),
    key: dumpKey(id),
    etag: '0'.repeat(32),
    headers: {},
    parts: [{ blob, size: dump.bytes }],
    cause: 'Put',
    condition: () => undefined,
  })
  db.close()
  return made.promise
}

const object = await putLargeDump()
const stack = await startStackProcess(assembly, dataDir)
const memory = watchMemory(stack.pid)
const storage = openStorage(stack, template)

/** Writes down that the dump was uploaded, and sends S3's event. */
const enter = async (): Promise<void> => {
  const time = at.toISOString()
  const outcome = { headline: null, verdict: null, driver: null }
  await storage.store.cases.insert({ caseId }, { caseId, title: 'A large server', createdAt: time, ...outcome })
  await storage.store.dumps.insert(id, {
    caseId,
    dumpId,
    fileName: 'MEMORY.DMP',
    bytes: object.size,
    etag: object.etag,
    versionId: object.versionId,
    status: 'uploaded',
    createdAt: time,
    uploadedAt: time,
    currentAnalysisId: null,
    lane: 'interactive',
    fullScan: true,
  })
  const sqs = new SQSClient({ region: 'us-east-1', endpoint: stack.origins.sqs, credentials: stack.credentials })
  const queue = logicalId(template, 'AWS::SQS::Queue', 'PipelineIngestQueue')
  const MessageBody = JSON.stringify(createdEvent(object))
  await sqs.send(new SendMessageCommand({ QueueUrl: `${stack.origins.sqs}/${account}/${queue}`, MessageBody }))
  sqs.destroy()
}

const upload = async (): Promise<PersonsWait> => {
  const file = await nextDump()
  const waited = await personsUpload(stack.api, file)
  await rm(file)
  return waited
}

/** The analyses of the large dump, the first from its tables, and then that of all pages. */
const analyses = async () => (await storage.store.detail(caseId))?.dumps[0].analyses ?? []

const shards = async (): Promise<ShardRecord[]> => {
  const refining = (await analyses()).find(({ analysis }) => (analysis.supersedes ?? null) !== null)
  return refining === undefined ? [] : storage.store.shardsOf({ ...refining.analysis, stage: 'pool' })
}

const until = async (condition: () => Promise<boolean>): Promise<void> => {
  for (const end = Date.now() + mostMinutes * 60_000; !(await condition()); ) {
    if (Date.now() > end) throw new Error(`It does not go on: ${JSON.stringify(await analyses())}`)
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}

/** The most shards that were being worked on at one time, by when each began and ended. */
const sideBySide = (records: readonly ShardRecord[]): number =>
  Math.max(
    ...records.map(
      ({ startedAt: moment }) =>
        records.filter(({ startedAt, finishedAt }) => startedAt! <= moment! && moment! < finishedAt!).length,
    ),
  )

try {
  await upload()
  const idle: PersonsWait[] = []
  for (let count = 0; count < 5; count++) idle.push(await upload())
  console.log(`a person in the idle stack: ${told(idle)}`)

  const began = performance.now()
  const seconds = (): string => ((performance.now() - began) / 1000).toFixed(1)
  await enter()
  await until(async () => (await analyses())[0]?.analysis.status === 'done')
  console.log(`verdict from the tables after ${seconds()} s`)
  await until(async () => (await shards()).some(({ status }) => status !== 'queued'))
  const beside: PersonsWait[] = []
  for (;;) {
    const waited = await upload()
    if ((await shards()).every(isSettledShard)) break
    beside.push(waited)
  }
  const ended = await shards()
  const took =
    (Date.parse(
      ended
        .map(({ finishedAt }) => finishedAt!)
        .sort()
        .at(-1)!,
    ) -
      Date.parse(ended.map(({ startedAt }) => startedAt!).sort()[0])) /
    1000
  await until(async () => (await analyses()).every(({ analysis }) => analysis.status !== 'running'))
  const { dumps } = await stack.api.get(`/api/cases/${caseId}`, CaseDetail)
  const { currentAnalysisId } = dumps[0].dump
  const path = `/api/cases/${caseId}/dumps/${dumpId}/analyses/${currentAnalysisId}`
  const analysis = await stack.api.get(path, Analysis)
  const scanned = analysis.coverage.find(({ area }) => area === 'pool scan')
  const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(2)} GiB`
  console.log(
    `${ended.length} shards in ${took.toFixed(0)} s, up to ${sideBySide(ended)} side by side, verdict of all pages after ${seconds()} s`,
  )
  console.log(
    `scanned: ${gib(scanned?.readBytes ?? 0)} of ${gib(scanned?.wantedBytes ?? 0)}; ${analysis.verdict}: ${analysis.headline}`,
  )
  console.log(`a person beside it: ${told(beside)}`)
  const { own, whole } = memory.stop()
  console.log(
    `memory at most: the stack ${(own / 2 ** 20).toFixed(0)} MiB, with all its functions ${(whole / 2 ** 20).toFixed(0)} MiB`,
  )
  check(
    'every shard is done',
    ended.every(({ status }) => status === 'done'),
  )
  check('shards run side by side', sideBySide(ended) > 1)
  check('a small case overtakes the scan', beside.length > 0)
  // One page in 4,096 is not in the dump.
  check('all pages are scanned', scanned !== undefined && scanned.readBytes > scanned.wantedBytes * 0.999)
  check(
    'what counts is the analysis of all pages',
    currentAnalysisId === (await analyses()).at(-1)?.analysis.analysisId,
  )
} finally {
  memory.stop()
  storage.close()
  await stack.stop()
  await rm(folder, { recursive: true, force: true })
}
console.log(`dead letters: ${JSON.stringify(stack.deadLetters())}`)
check('no dead-letter queue holds anything', stack.deadLetters().length === 0)
