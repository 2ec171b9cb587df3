import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { machineTokens } from '../../infra/local/identity/machine.ts'
import { type ApiClient, apiClient } from '../../infra/local/job/api-client.ts'
import { type LocalStack, startLocalStack } from '../../infra/local/stack.ts'
import { readAssembly } from '../../infra/local/template/assembly.ts'
import { CaseDetail } from '../../shared/cases/api.ts'
import { CreatedUploadLink } from '../../shared/cases/links/upload-api.ts'
import { dumpKey } from '../../shared/cases/object-keys.ts'
import { CaseRecord } from '../../shared/cases/records.ts'
import { madeAssembly, madePortal } from '../made.ts'

export type UploadStack = {
  readonly folder: string
  readonly stack: LocalStack
  readonly s3: S3Client
  readonly bucket: string
  readonly api: ApiClient
  /** A fresh case and the address of an upload link to it. */
  readonly openLink: () => Promise<{ readonly caseId: string; readonly address: string }>
  readonly detail: (caseId: string) => Promise<CaseDetail>
  /** The SHA-256 of what S3 holds for the case's only dump, in hexadecimal. */
  readonly storedSha256: (caseId: string) => Promise<string>
  readonly stop: () => Promise<void>
}

/** The whole product on this machine, for tests of uploads through links. */
export const startUploadStack = async (onProblem: (sentence: string) => void): Promise<UploadStack> => {
  const folder = await mkdtemp(join(tmpdir(), 'dumpline-uploads-'))
  const [assembly, portal] = await Promise.all([madeAssembly(), madePortal()])
  const stack = await startLocalStack({
    ...(await readAssembly(assembly)),
    dataDir: join(folder, 'data'),
    portalDir: portal,
    port: 0,
    onProblem,
  })
  const api = apiClient(stack.origins.http, machineTokens(stack.machine('engineer')))
  const s3 = new S3Client({
    region: 'us-east-1',
    endpoint: stack.origins.s3,
    credentials: stack.credentials,
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
  const bucket = stack.buckets.find((name) => /dumps/i.test(name))!
  const detail = (caseId: string) => api.get(`/api/cases/${caseId}`, CaseDetail)
  return {
    folder,
    stack,
    s3,
    bucket,
    api,
    detail,
    openLink: async () => {
      const { caseId } = await api.post('/api/cases', { title: 'A server far away' }, CaseRecord)
      const body = { company: 'Example Support Ltd' }
      const { token } = await api.post(`/api/cases/${caseId}/upload-links`, body, CreatedUploadLink)
      return { caseId, address: `${stack.origins.http}/upload/${token}` }
    },
    storedSha256: async (caseId) => {
      const { dumps } = await detail(caseId)
      if (dumps.length !== 1) throw new Error(`The case has ${dumps.length} dumps.`)
      const [{ dump }] = dumps
      const Key = dumpKey({ tenant: 'default', caseId, dumpId: dump.dumpId })
      const { Body } = await s3.send(
        new GetObjectCommand({ Bucket: bucket, Key, VersionId: dump.versionId ?? undefined }),
      )
      const hash = createHash('sha256')
      for await (const chunk of Body as AsyncIterable<Uint8Array>) hash.update(chunk)
      return hash.digest('hex')
    },
    stop: async () => {
      s3.destroy()
      await stack.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** A file that begins like a kernel dump and of whose mebibytes no two are alike. */
export const writeLargeFile = async (path: string, bytes: number): Promise<void> => {
  await using file = await open(path, 'w')
  const block = Buffer.alloc(2 ** 20)
  for (let at = 0; at + 4 <= block.length; at += 4) block.writeUInt32LE(Math.imul(at, 2_654_435_761) >>> 0, at)
  for (let written = 0; written < bytes; written += block.length) {
    block.writeDoubleLE(written, 0)
    if (written === 0) block.write('PAGEDU64', 0, 'latin1')
    await file.write(block, 0, Math.min(block.length, bytes - written))
  }
}

export const sha256OfFile = async (path: string): Promise<string> => {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk)
  return hash.digest('hex')
}
