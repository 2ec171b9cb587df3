import { expect, test } from 'vitest'
import type { LinkUpload } from '../../shared/cases/links/upload-api.ts'
import { compositeSha256, sha256Of } from '../../shared/upload/sha256.ts'
import { type UploadCalls, type UploadState, uploadSession } from '../../shared/upload/upload-session.ts'
import { UploadTrouble } from '../../shared/upload/upload-trouble.ts'

const request = { file: new Blob(['0123456789']), fileName: 'MEMORY.DMP' }
const plan: LinkUpload = { uploadId: 'u1', partBytes: 4, parts: 3 }
const digest = (text: string) => sha256Of(new Blob([text]))
const whole = async () => compositeSha256(await Promise.all(['0123', '4567', '89'].map(digest)))

/** Answers like the API and notes what was called; `fail` names calls that fail once, and how. */
const recordedCalls = (fail: Record<string, UploadTrouble['kind']> = {}) => {
  const log: string[] = []
  const failing = new Map(Object.entries(fail))
  const memory: { upload: LinkUpload | null } = { upload: null }
  const stored = new Map<number, string>()
  const note = (name: string): void => {
    log.push(name)
    const kind = failing.get(name)
    failing.delete(name)
    if (kind !== undefined) throw new UploadTrouble(kind, `${name} failed`)
  }
  const calls: UploadCalls = {
    now: () => log.length * 1000,
    wait: async () => undefined,
    digest: sha256Of,
    memory: {
      recall: () => memory.upload,
      keep: (upload) => {
        memory.upload = upload
      },
      forget: () => {
        memory.upload = null
      },
    },
    api: {
      start: async ({ fileName, bytes }) => {
        note(`start ${fileName} ${bytes}`)
        return plan
      },
      sign: async (uploadId, parts) => {
        note(`sign ${uploadId} ${parts.map(({ partNumber }) => partNumber).join()}`)
        const sign = ({ partNumber, sha256 }: (typeof parts)[number]) => ({
          ...{ partNumber, url: `${partNumber}`, bytes: 4 },
          headers: { 'x-amz-checksum-sha256': sha256 },
        })
        return { expiresInSeconds: 900, parts: parts.map(sign) }
      },
      list: async (uploadId) => {
        note(`list ${uploadId}`)
        return { parts: [...stored].map(([partNumber, sha256]) => ({ partNumber, sha256, etag: '', bytes: 4 })) }
      },
      complete: async (uploadId, { sha256 }) => note(`complete ${uploadId} ${sha256}`),
      abort: async (uploadId) => note(`abort ${uploadId}`),
    },
    put: async ({ partNumber, headers }, body, sent) => {
      note(`put ${partNumber} ${await body.text()}`)
      stored.set(partNumber, headers['x-amz-checksum-sha256'])
      sent(body.size)
    },
  }
  return { log, calls, memory, stored }
}

const prepare = (fail: Record<string, UploadTrouble['kind']> = {}) => {
  const recorded = recordedCalls(fail)
  const states: UploadState[] = []
  const session = uploadSession(request, recorded.calls, (state) => states.push(state))
  return { ...recorded, states, session }
}
const puts = (log: readonly string[]) => log.filter((line) => line.startsWith('put'))

test('the parts go up, and the upload is completed as the whole that was read', async () => {
  const { log, states, session, memory } = prepare()
  await session.run()
  expect(log).toEqual([
    'start MEMORY.DMP 10',
    'sign u1 1,2,3',
    'put 1 0123',
    'put 2 4567',
    'put 3 89',
    `complete u1 ${await whole()}`,
  ])
  expect([...new Set(states.map(({ phase }) => phase))]).toEqual(['starting', 'sending', 'completing', 'done'])
  expect(memory.upload).toBeNull()
})

test('a lost answer to the completion is asked for again', async () => {
  const { log, states, session } = prepare({ [`complete u1 ${await whole()}`]: 'lost' })
  await session.run()
  expect(states.at(-1)?.phase).toBe('done')
  expect(log.filter((line) => line.startsWith('complete'))).toHaveLength(2)
  expect(puts(log)).toHaveLength(3)
})

test('a completion that is refused compares all parts with storage before it is tried again', async () => {
  const { log, states, session, stored } = prepare({ [`complete u1 ${await whole()}`]: 'final' })
  await session.run()
  expect(states.at(-1)?.phase).toBe('failed')
  expect(log.at(-1)).toBe('list u1')
  expect(stored.size).toBe(3)
  await session.run()
  expect(states.at(-1)?.phase).toBe('done')
  expect(puts(log)).toHaveLength(3)
})

test('a failed start is tried again by the next run, once', async () => {
  const { log, states, session } = prepare({ 'start MEMORY.DMP 10': 'final' })
  await session.run()
  expect(states.at(-1)?.phase).toBe('failed')
  await session.run()
  expect(log.filter((line) => line.startsWith('start'))).toHaveLength(2)
  expect(states.at(-1)?.phase).toBe('done')
})

test('a remembered upload goes on from what storage lists', async () => {
  const { log, states, session, memory, stored } = prepare()
  memory.upload = plan
  stored.set(1, await digest('0123'))
  stored.set(2, await digest('of another file'))
  await session.run()
  expect(log.slice(0, 2)).toEqual(['list u1', 'sign u1 2,3'])
  expect(puts(log)).toEqual(['put 2 4567', 'put 3 89'])
  expect(states.at(-1)?.phase).toBe('done')
})

test('a remembered upload that is no more makes way for a new one', async () => {
  const { log, states, session, memory } = prepare({ 'list u1': 'final' })
  memory.upload = plan
  await session.run()
  expect(log.slice(0, 2)).toEqual(['list u1', 'start MEMORY.DMP 10'])
  expect(states.at(-1)?.phase).toBe('done')
})

test('whether a remembered upload is still open is not guessed while the line is down', async () => {
  const { log, states, session, memory } = prepare({ 'list u1': 'lost' })
  memory.upload = plan
  await session.run()
  expect(states.at(-1)?.phase).toBe('failed')
  expect(memory.upload).toEqual(plan)
  await session.run()
  expect(log.some((line) => line.startsWith('start'))).toBe(false)
  expect(states.at(-1)?.phase).toBe('done')
})

/** A session whose second part, at its first try, does `meanwhile` and then waits until it is stopped. */
const interrupted = (meanwhile: (session: ReturnType<typeof uploadSession>) => void) => {
  const recorded = recordedCalls()
  const states: UploadState[] = []
  let isFirst = true
  const session = uploadSession(
    request,
    {
      ...recorded.calls,
      put: (part, body, sent, signal) => {
        if (part.partNumber !== 2 || !isFirst) return recorded.calls.put(part, body, sent, signal)
        isFirst = false
        setTimeout(() => meanwhile(session))
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      },
    },
    (state) => states.push(state),
  )
  return { ...recorded, states, session }
}

test('a pause keeps what has arrived, and going on sends the rest', async () => {
  const { log, states, session, memory } = interrupted((running) => running.pause())
  await session.run()
  expect(states.at(-1)).toEqual({ phase: 'paused', arrivedBytes: 6 })
  expect(memory.upload).toEqual(plan)
  await session.run()
  expect(states.at(-1)?.phase).toBe('done')
  expect(puts(log).sort()).toEqual(['put 1 0123', 'put 2 4567', 'put 3 89'])
})

test('cancelling while parts are sent gives the upload up', async () => {
  const { log, states, session, memory } = interrupted((running) => running.cancel())
  await session.run()
  expect(states.at(-1)).toEqual({ phase: 'cancelled' })
  expect(log.at(-1)).toBe('abort u1')
  expect(memory.upload).toBeNull()
  expect(log.some((line) => line.startsWith('complete'))).toBe(false)
})

test('cancelling after a failure gives the upload up as well', async () => {
  const { log, states, session } = prepare({ [`complete u1 ${await whole()}`]: 'final' })
  await session.run()
  session.cancel()
  expect(states.at(-1)?.phase).toBe('cancelled')
  expect(log.at(-1)).toBe('abort u1')
})

test('a finished upload cannot be cancelled', async () => {
  const { log, states, session } = prepare()
  await session.run()
  session.cancel()
  expect(states.at(-1)?.phase).toBe('done')
  expect(log.at(-1)).toMatch(/^complete/)
})
