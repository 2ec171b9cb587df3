import { expect, test } from 'vitest'
import { type UploadCalls, type UploadState, uploadSession } from '../../functions/portal/upload/upload-session.ts'

const request = { file: new Blob(['0123456789']), fileName: 'MEMORY.DMP', title: 'server', caseId: null }

/** Answers like the API and notes what was called; `fail` names calls that fail once. */
const recordedCalls = (fail: readonly string[] = []) => {
  const log: string[] = []
  const failing = new Set(fail)
  const note = (name: string): void => {
    log.push(name)
    if (failing.delete(name)) throw new Error(`${name} failed`)
  }
  const calls: UploadCalls = {
    now: () => log.length * 1000,
    wait: async () => undefined,
    createCase: async ({ title }) => {
      note(`create ${title}`)
      return { caseId: 'c1' }
    },
    startUpload: async (caseId, { fileName, bytes }) => {
      note(`start ${caseId} ${fileName} ${bytes}`)
      return { uploadId: 'u1', dumpId: 'd1', partBytes: 4, parts: 3 }
    },
    signParts: async (_, __, { partNumbers }) => {
      note(`sign ${partNumbers.join()}`)
      return { parts: partNumbers.map((partNumber) => ({ partNumber, url: `${partNumber}`, bytes: 4 })) }
    },
    put: async (url, body, sent) => {
      note(`put ${url} ${await body.text()}`)
      sent(body.size)
      return `"${url}"`
    },
    completeUpload: async (_, __, { parts }) =>
      note(`complete ${parts.map((part) => part.partNumber + part.etag).join()}`),
    abortUpload: async (caseId, uploadId) => note(`abort ${caseId} ${uploadId}`),
  }
  return { log, calls }
}

const runOnce = async (fail: readonly string[] = []) => {
  const { log, calls } = recordedCalls(fail)
  const states: UploadState[] = []
  const session = uploadSession(request, calls, (state) => states.push(state))
  await session.run()
  return { log, states, session }
}

test('a case is made, the parts go up, and the upload is completed in part order', async () => {
  const { log, states } = await runOnce()
  expect(log).toEqual([
    'create server',
    'start c1 MEMORY.DMP 10',
    'sign 1,2,3',
    'put 1 0123',
    'put 2 4567',
    'put 3 89',
    'complete 1"1",2"2",3"3"',
  ])
  expect([...new Set(states.map(({ phase }) => phase))]).toEqual(['starting', 'sending', 'completing', 'done'])
  expect(states.at(-1)).toEqual({ phase: 'done', caseId: 'c1' })
})

test('after a failure the next run goes on where the last one ended', async () => {
  const { log, states, session } = await runOnce(['complete 1"1",2"2",3"3"'])
  expect(states.at(-1)?.phase).toBe('failed')
  await session.run()
  expect(states.at(-1)?.phase).toBe('done')
  expect(log.filter((line) => line.startsWith('create') || line.startsWith('start'))).toHaveLength(2)
  expect(log.filter((line) => line.startsWith('put'))).toHaveLength(3)
})

test('a failed start makes no second case', async () => {
  const { log, session } = await runOnce(['start c1 MEMORY.DMP 10'])
  await session.run()
  expect(log.filter((line) => line.startsWith('create'))).toHaveLength(1)
})

test('cancelling while parts are sent gives the upload up', async () => {
  const { log, calls } = recordedCalls()
  const states: UploadState[] = []
  const session = uploadSession(
    request,
    {
      ...calls,
      put: (url, body, sent, signal) => {
        if (url !== '2') return calls.put(url, body, sent, signal)
        queueMicrotask(() => session.cancel())
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      },
    },
    (state) => states.push(state),
  )
  await session.run()
  expect(states.at(-1)).toEqual({ phase: 'cancelled', caseId: 'c1' })
  expect(log.at(-1)).toBe('abort c1 u1')
  expect(log.some((line) => line.startsWith('complete'))).toBe(false)
})

test('cancelling after a failure gives the upload up as well', async () => {
  const { log, states, session } = await runOnce(['complete 1"1",2"2",3"3"'])
  session.cancel()
  expect(states.at(-1)?.phase).toBe('cancelled')
  expect(log.at(-1)).toBe('abort c1 u1')
})

test('a finished upload cannot be cancelled', async () => {
  const { log, states, session } = await runOnce()
  session.cancel()
  expect(states.at(-1)?.phase).toBe('done')
  expect(log.at(-1)).toMatch(/^complete/)
})
