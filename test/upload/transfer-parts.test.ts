import { expect, test } from 'vitest'
import { mostRefusals } from '../../shared/upload/persistently.ts'
import { sha256Of } from '../../shared/upload/sha256.ts'
import {
  partRange,
  type Transfer,
  type TransferProgress,
  type Transport,
  transferParts,
} from '../../shared/upload/transfer-parts.ts'
import { UploadTrouble } from '../../shared/upload/upload-trouble.ts'

const fileOf = (bytes: number): Blob => new Blob([Uint8Array.from({ length: bytes }, (_, index) => index % 251)])

type Trouble = UploadTrouble['kind'] | false

/** Storage in memory; `trouble` decides which attempt at which part fails, and how. */
const storage = (trouble: (part: number, attempt: number) => Trouble = () => false) => {
  const stored = new Map<number, Uint8Array>()
  const attempts = new Map<number, number>()
  const signed: number[][] = []
  const waits: number[] = []
  const clock = { now: 0 }
  let open = 0
  let mostOpen = 0
  const transport: Transport = {
    digest: sha256Of,
    now: () => clock.now,
    sign: async (parts) => {
      signed.push(parts.map(({ partNumber }) => partNumber))
      const sign = ({ partNumber, sha256 }: (typeof parts)[number]) => ({
        ...{ partNumber, url: `part ${partNumber} signed at ${clock.now}`, bytes: 0 },
        headers: { 'x-amz-checksum-sha256': sha256 },
      })
      return { expiresInSeconds: 900, parts: parts.map(sign) }
    },
    put: async ({ partNumber, headers }, body, sent, signal) => {
      signal.throwIfAborted()
      const attempt = (attempts.get(partNumber) ?? 0) + 1
      attempts.set(partNumber, attempt)
      mostOpen = Math.max(mostOpen, ++open)
      await new Promise((resolve) => setTimeout(resolve))
      sent(Math.floor(body.size / 2))
      open--
      const kind = trouble(partNumber, attempt)
      if (kind !== false) throw new UploadTrouble(kind, `part ${partNumber} refused`)
      expect(headers['x-amz-checksum-sha256']).toBe(await sha256Of(body))
      stored.set(partNumber, new Uint8Array(await body.arrayBuffer()))
    },
    wait: async (milliseconds) => {
      waits.push(milliseconds)
      await new Promise((resolve) => setTimeout(resolve))
    },
  }
  return { stored, attempts, signed, waits, clock, transport, mostOpen: () => mostOpen }
}

const transferOf = (file: Blob, partBytes: number, transport: Transport, more: Partial<Transfer> = {}): Transfer => ({
  file,
  plan: { partBytes, parts: Math.max(1, Math.ceil(file.size / partBytes)) },
  done: new Map(),
  stored: new Map(),
  transport,
  onProgress: () => undefined,
  signal: new AbortController().signal,
  ...more,
})

const bytesOf = (stored: Map<number, Uint8Array>): Uint8Array => {
  const parts = [...stored].sort(([a], [b]) => a - b).map(([, bytes]) => bytes)
  return Uint8Array.from(parts.flatMap((bytes) => [...bytes]))
}
const digestOf = (file: Blob, partBytes: number, part: number) => {
  const { start, end } = partRange({ partBytes, parts: 99 }, file.size, part)
  return sha256Of(file.slice(start, end))
}

test('every byte arrives in its part with its digest, a few parts at a time, signed in small groups', async () => {
  const file = fileOf(2050)
  const { stored, signed, transport, mostOpen } = storage()
  const transfer = transferOf(file, 100, transport)
  await transferParts(transfer)
  expect(bytesOf(stored)).toEqual(new Uint8Array(await file.arrayBuffer()))
  expect(stored.get(21)?.length).toBe(50)
  const numbers = [...transfer.done.keys()].sort((a, b) => a - b)
  expect(numbers).toEqual(Array.from({ length: 21 }, (_, index) => index + 1))
  expect(transfer.done.get(21)).toBe(await digestOf(file, 100, 21))
  expect(mostOpen()).toBeGreaterThan(1)
  expect(mostOpen()).toBeLessThanOrEqual(6)
  expect(signed.map((group) => group.length)).toEqual([6, 12, 3])
  expect(signed.flat()).toEqual(numbers)
})

test('while the parts of one group are sent the next one is hashed and signed, and none after it', async () => {
  const { transport, signed } = storage()
  let sent = 0
  const ahead: number[] = []
  const watched: Transport = {
    ...transport,
    sign: (parts, signal) => {
      ahead.push((parts.at(-1)?.partNumber ?? 0) - sent)
      return transport.sign(parts, signal)
    },
    put: async (...part) => {
      await transport.put(...part)
      sent++
    },
  }
  await transferParts(transferOf(fileOf(10_000), 100, watched))
  expect(signed.map((group) => group.length)).toEqual([6, 12, 16, 16, 16, 16, 16, 2])
  // Six are on their way, and the rest of a group waits.
  expect(Math.min(...ahead.slice(1, -1))).toBeGreaterThanOrEqual(6)
  expect(Math.max(...ahead)).toBeLessThanOrEqual(6 + 6 + 16)
})

test('large parts are hashed and signed one by one, so that the first is soon on its way', async () => {
  const { signed, transport } = storage()
  const part = 525 * 2 ** 20
  const file = { size: 3 * part, slice: () => new Blob(['x']) } as unknown as Blob
  await transferParts(transferOf(file, part, transport))
  expect(signed).toEqual([[1], [2], [3]])
})

test('an empty file is one empty part', async () => {
  const { stored, transport } = storage()
  await transferParts(transferOf(fileOf(0), 100, transport))
  expect([...stored.entries()]).toEqual([[1, new Uint8Array()]])
})

test('a failed part waits, is signed anew and sent again', async () => {
  const { stored, signed, waits, transport } = storage((part, attempt) => part === 2 && attempt <= 2 && 'passing')
  const progress: TransferProgress[] = []
  const transfer = transferOf(fileOf(500), 100, transport, { onProgress: (step) => progress.push(step) })
  await transferParts(transfer)
  expect(stored.size).toBe(5)
  expect(waits).toEqual([500, 1000])
  expect(signed.filter((group) => group.length === 1 && group[0] === 2)).toHaveLength(2)
  expect(progress.at(-1)).toEqual({ arrivedBytes: 500, keptBytes: 0, retries: 2, isLost: false })
  expect(Math.max(...progress.map(({ arrivedBytes }) => arrivedBytes))).toBe(500)
})

test('what storage has from before is compared with the file: the same is kept, anything else is sent', async () => {
  const file = fileOf(500)
  const stored = new Map([
    [1, await digestOf(file, 100, 1)],
    [2, await digestOf(file, 100, 1)],
    [4, await digestOf(file, 100, 4)],
  ])
  const { attempts, transport } = storage()
  const progress: TransferProgress[] = []
  const transfer = transferOf(file, 100, transport, { stored, onProgress: (step) => progress.push(step) })
  await transferParts(transfer)
  expect([...attempts.keys()].sort()).toEqual([2, 3, 5])
  expect(transfer.done.size).toBe(5)
  expect(progress.at(-1)).toMatchObject({ arrivedBytes: 500, keptBytes: 200 })
})

test('a URL that aged while it waited is not used', async () => {
  const { signed, clock, transport } = storage()
  const slow: Transport = {
    ...transport,
    put: async (part, ...rest) => {
      expect(clock.now - Number(part.url.split('at ')[1])).toBeLessThan(870_000)
      await transport.put(part, ...rest)
      clock.now += 300_000
    },
  }
  await transferParts(transferOf(fileOf(3000), 100, slow))
  expect(signed.filter((group) => group.length === 1).length).toBeGreaterThan(0)
})

test('a part that keeps being refused ends the transfer, and a second call sends only the rest', async () => {
  let broken = true
  const { attempts, stored, transport } = storage((part) => broken && part === 3 && 'passing')
  const transfer = transferOf(fileOf(300), 100, transport)
  await expect(transferParts(transfer)).rejects.toThrow('part 3 refused')
  expect(attempts.get(3)).toBe(mostRefusals)
  expect([...transfer.done.keys()].sort()).toEqual([1, 2])

  broken = false
  await transferParts(transfer)
  expect(stored.size).toBe(3)
  expect(attempts.get(1)).toBe(1)
  expect(attempts.get(2)).toBe(1)
})

test('a line that is down for long is waited for, and said to be down', async () => {
  const { waits, stored, transport } = storage((part, attempt) => part === 2 && attempt <= 40 && 'lost')
  const progress: TransferProgress[] = []
  await transferParts(transferOf(fileOf(300), 100, transport, { onProgress: (step) => progress.push(step) }))
  expect(stored.size).toBe(3)
  expect(waits).toHaveLength(40)
  expect(Math.max(...waits)).toBe(15_000)
  expect(progress.some(({ isLost }) => isLost)).toBe(true)
  expect(progress.at(-1)?.isLost).toBe(false)
})

test('what no further try can mend is tried once', async () => {
  const { attempts, transport } = storage((part) => part === 1 && 'final')
  await expect(transferParts(transferOf(fileOf(100), 100, transport))).rejects.toThrow('part 1 refused')
  expect(attempts.get(1)).toBe(1)
})

test('a file that can no longer be read ends the transfer', async () => {
  const { transport } = storage()
  const unreadable: Transport = {
    ...transport,
    digest: async () => {
      throw new DOMException('The file could not be read.', 'NotReadableError')
    },
  }
  await expect(transferParts(transferOf(fileOf(300), 100, unreadable))).rejects.toThrow('could not be read')
})

test('an aborted transfer rejects with the reason and tries nothing again', async () => {
  const stop = new AbortController()
  const { attempts, transport } = storage((part) => {
    if (part === 1) stop.abort(new Error('cancelled'))
    return 'passing'
  })
  const transfer = transferOf(fileOf(1000), 100, transport, { signal: stop.signal })
  await expect(transferParts(transfer)).rejects.toThrow()
  expect([...attempts.values()].every((count) => count === 1)).toBe(true)
})

test('part ranges cover the file without gaps', () => {
  const plan = { partBytes: 8, parts: 3 }
  expect([1, 2, 3].map((part) => partRange(plan, 20, part))).toEqual([
    { start: 0, end: 8 },
    { start: 8, end: 16 },
    { start: 16, end: 20 },
  ])
})
