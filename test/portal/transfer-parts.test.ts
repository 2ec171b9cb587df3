import { expect, test } from 'vitest'
import {
  attemptsPerPart,
  partRange,
  type Transfer,
  type TransferProgress,
  type Transport,
  transferParts,
} from '../../functions/portal/upload/transfer-parts.ts'

const fileOf = (bytes: number): Blob => new Blob([Uint8Array.from({ length: bytes }, (_, index) => index % 251)])

/** Storage in memory; `refuse` decides which attempt at which part fails. */
const storage = (refuse: (part: number, attempt: number) => boolean = () => false) => {
  const stored = new Map<number, Uint8Array>()
  const attempts = new Map<number, number>()
  const signed: number[][] = []
  const waits: number[] = []
  let open = 0
  let mostOpen = 0
  const transport: Transport = {
    sign: async (partNumbers) => {
      signed.push(partNumbers)
      return partNumbers.map((partNumber) => ({ partNumber, url: `url-${partNumber}-${signed.length}`, bytes: 0 }))
    },
    put: async (url, body, sent, signal) => {
      signal.throwIfAborted()
      const part = Number(url.split('-')[1])
      const attempt = (attempts.get(part) ?? 0) + 1
      attempts.set(part, attempt)
      mostOpen = Math.max(mostOpen, ++open)
      await Promise.resolve()
      sent(Math.floor(body.size / 2))
      open--
      if (refuse(part, attempt)) throw new Error(`part ${part} refused`)
      stored.set(part, new Uint8Array(await body.arrayBuffer()))
      return `"etag-${part}-${attempt}"`
    },
    wait: async (milliseconds) => {
      waits.push(milliseconds)
    },
  }
  return { stored, attempts, signed, waits, transport, mostOpen: () => mostOpen }
}

const transferOf = (file: Blob, partBytes: number, transport: Transport, more: Partial<Transfer> = {}): Transfer => ({
  file,
  upload: { uploadId: 'u', dumpId: 'd', partBytes, parts: Math.max(1, Math.ceil(file.size / partBytes)) },
  done: new Map(),
  transport,
  onProgress: () => undefined,
  signal: new AbortController().signal,
  ...more,
})

const bytesOf = (stored: Map<number, Uint8Array>): Uint8Array => {
  const parts = [...stored].sort(([a], [b]) => a - b).map(([, bytes]) => bytes)
  return Uint8Array.from(parts.flatMap((bytes) => [...bytes]))
}

test('every byte arrives in its part, a few parts at a time, signed in small groups', async () => {
  const file = fileOf(2050)
  const { stored, signed, transport, mostOpen } = storage()
  const transfer = transferOf(file, 100, transport)
  await transferParts(transfer)
  expect(bytesOf(stored)).toEqual(new Uint8Array(await file.arrayBuffer()))
  expect(stored.get(21)?.length).toBe(50)
  expect([...transfer.done.keys()].sort((a, b) => a - b)).toEqual(Array.from({ length: 21 }, (_, index) => index + 1))
  expect(mostOpen()).toBeGreaterThan(1)
  expect(mostOpen()).toBeLessThanOrEqual(4)
  expect(Math.max(...signed.map((group) => group.length))).toBeLessThanOrEqual(8)
})

test('an empty file is one empty part', async () => {
  const { stored, transport } = storage()
  await transferParts(transferOf(fileOf(0), 100, transport))
  expect([...stored.entries()]).toEqual([[1, new Uint8Array()]])
})

test('a failed part waits, is signed anew and sent again', async () => {
  const { stored, signed, waits, transport } = storage((part, attempt) => part === 2 && attempt <= 2)
  const progress: TransferProgress[] = []
  const transfer = transferOf(fileOf(500), 100, transport, { onProgress: (step) => progress.push(step) })
  await transferParts(transfer)
  expect(transfer.done.get(2)).toBe('"etag-2-3"')
  expect(stored.size).toBe(5)
  expect(waits).toEqual([500, 1000])
  expect(signed.filter((group) => group.length === 1 && group[0] === 2)).toHaveLength(2)
  expect(progress.at(-1)).toEqual({ sentBytes: 500, doneParts: 5, retries: 2 })
  expect(Math.max(...progress.map(({ sentBytes }) => sentBytes))).toBe(500)
})

test('a part that keeps failing ends the transfer, and a second call sends only the rest', async () => {
  let broken = true
  const { attempts, stored, transport } = storage((part) => broken && part === 3)
  const transfer = transferOf(fileOf(300), 100, transport)
  await expect(transferParts(transfer)).rejects.toThrow('part 3 refused')
  expect(attempts.get(3)).toBe(attemptsPerPart)
  expect([...transfer.done.keys()].sort()).toEqual([1, 2])

  broken = false
  await transferParts(transfer)
  expect(stored.size).toBe(3)
  expect(attempts.get(1)).toBe(1)
  expect(attempts.get(2)).toBe(1)
})

test('an aborted transfer rejects with the reason and tries nothing again', async () => {
  const stop = new AbortController()
  const { attempts, transport } = storage((part) => {
    if (part === 1) stop.abort(new Error('cancelled'))
    return true
  })
  const transfer = transferOf(fileOf(1000), 100, transport, { signal: stop.signal })
  await expect(transferParts(transfer)).rejects.toThrow()
  expect([...attempts.values()].every((count) => count === 1)).toBe(true)
})

test('part ranges cover the file without gaps', () => {
  const upload = { uploadId: 'u', dumpId: 'd', partBytes: 8, parts: 3 }
  expect([1, 2, 3].map((part) => partRange(upload, 20, part))).toEqual([
    { start: 0, end: 8 },
    { start: 8, end: 16 },
    { start: 16, end: 20 },
  ])
})
