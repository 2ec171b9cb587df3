import { Logger } from '@aws-lambda-powertools/logger'
import { Metrics } from '@aws-lambda-powertools/metrics'
import type { Context, SQSEvent, SQSRecord } from 'aws-lambda'
import type { ApiPorts } from '../../functions/api/ports.ts'
import { type Documents, NoSuchDocument } from '../../functions/aws/documents.ts'
import type { QueueTools } from '../../functions/aws/queue-handler.ts'
import type { StageJob } from '../../functions/aws/stage-runner.ts'
import { beginAnalysis } from '../../shared/cases/begin-analysis.ts'
import { caseStore } from '../../shared/cases/store.ts'
import type { EndMessage } from '../../shared/messages/end-message.ts'
import type { ShardMessage } from '../../shared/messages/shard-message.ts'
import type { StageMessage } from '../../shared/messages/stage-message.ts'
import { memoryTable } from '../cases/memory-table.ts'
import { after, caseRecord, ids, someCost, start, uploadedDump } from '../cases/records.ts'

/** Documents in memory; a missing one is an error, as it is at S3. */
export const memoryDocuments = (): Documents & { readonly texts: Map<string, string> } => {
  const texts = new Map<string, string>()
  const read = async (key: string) => {
    const text = texts.get(key)
    if (text === undefined) throw new NoSuchDocument(key)
    return text
  }
  return {
    texts,
    read,
    write: async (key, json) => void texts.set(key, json),
    size: async (key) => Buffer.byteLength(await read(key)),
    link: async (key) => `https://storage.example/${key}?signed`,
  }
}

/** A Lambda invocation's context with so much time left. */
export const lambdaContext = (remainingMs = 60_000): Context =>
  ({
    functionName: 'test',
    functionVersion: '1',
    memoryLimitInMB: '128',
    awsRequestId: 'request',
    invokedFunctionArn: 'arn:aws:lambda:eu-west-1:000000000000:function:test',
    getRemainingTimeInMillis: () => remainingMs,
  }) as unknown as Context

/** How the API under test is told about its identity provider. */
export const testIdentity: ApiPorts['identity'] = {
  signIn: { issuer: 'https://people.example', clientId: 'portal', scopes: 'openid profile' },
  claims: { tenant: 'tenant', role: 'role' },
}

export type Somebody = { readonly tenant: string; readonly role: string; readonly subject: string }

/** What API Gateway says of the verified token of somebody; an administrator of the first tenant without more said. */
export const tokenOf = ({ tenant = 'default', role = 'admin', subject = 'local' }: Partial<Somebody> = {}) => ({
  jwt: { claims: { sub: subject, tenant, role, iss: testIdentity.signIn.issuer }, scopes: null },
})

export const sqsRecord = (messageId: string, body: string, receiveCount = 1): SQSRecord =>
  ({
    messageId,
    receiptHandle: `handle of ${messageId}`,
    body,
    attributes: { ApproximateReceiveCount: String(receiveCount) },
  }) as unknown as SQSRecord

export const sqsEvent = (...Records: SQSRecord[]): SQSEvent => ({ Records })

// Metrics are lines on stdout; tests do without.
process.env.POWERTOOLS_METRICS_DISABLED = 'true'

/** Silent tools, and what was asked of them. */
export const queueTools = (): QueueTools & { readonly retries: { handle: string; seconds: number }[] } => {
  const retries: { handle: string; seconds: number }[] = []
  return {
    logger: new Logger({ logLevel: 'SILENT' }),
    metrics: new Metrics({ namespace: 'test', serviceName: 'test', logger: { ...console, warn: () => {} } }),
    retryIn: async ({ receiptHandle }, seconds) => void retries.push({ handle: receiptHandle, seconds }),
    retries,
  }
}

/** A case with an uploaded dump whose analysis has begun, and ports around it whose clock is set by hand. */
export const begunAnalysis = async () => {
  const table = memoryTable()
  const documents = memoryDocuments()
  const sent: StageMessage[] = []
  const sentShards: ShardMessage[] = []
  const ends: EndMessage[] = []
  let made = 0
  const clock = { seconds: 0 }
  const store = caseStore(table, 'default')
  await store.cases.insert(ids, caseRecord)
  await store.dumps.insert(ids, uploadedDump)
  await beginAnalysis(store, uploadedDump, { analysisId: ids.analysisId, engineVersion: '0.1.0', at: start })
  const ports = {
    store: (tenant: string) => caseStore(table, tenant),
    documents,
    now: () => after(clock.seconds),
    send: async (message: StageMessage) => void sent.push(message),
    sendShard: async (message: ShardMessage) => void sentShards.push(message),
    tellEnd: async (message: EndMessage) => void ends.push(message),
    newId: (kind: string) => `${kind}_0000000009${String(++made).padStart(16, '0')}`,
  }
  const stage = (name: StageMessage['stage']) => store.stages.get({ ...ids, stage: name })
  const analysis = () => store.analyses.get(ids)
  return { table, store, documents, sent, sentShards, ends, clock, ports, stage, analysis }
}

export const stageMessage = (stage: StageMessage['stage'], attempt = 1): StageMessage => ({
  tenant: 'default',
  ...ids,
  stage,
  attempt,
  lane: 'interactive',
  traceId: null,
})

/** A stage's job that only counts what is asked of it. */
export const countingJob = (
  stage: StageMessage['stage'],
  run: StageJob['run'] = async () => ({ result: {}, cost: someCost }),
): StageJob & { readonly counts: { runs: number; passes: number } } => {
  const counts = { runs: 0, passes: 0 }
  return {
    stage,
    counts,
    resultKey: () => `result of ${stage}`,
    run: (context) => {
      counts.runs++
      return run(context)
    },
    passOn: async () => void counts.passes++,
  }
}
