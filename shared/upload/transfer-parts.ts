import type { SignedParts, SignParts, Upload } from '../cases/links/upload-api.ts'
import { leash, oneGroupAhead } from './ahead.ts'
import { type Patience, persistently } from './persistently.ts'
import { UploadTrouble } from './upload-trouble.ts'

export type SignedPart = SignedParts['parts'][number]
export type PartToSign = SignParts['parts'][number]

/** How the file is cut: `parts` parts of `partBytes`, the last one shorter. */
export type PartPlan = Pick<Upload, 'partBytes' | 'parts'>

/** What a transfer needs of the outside world. Any call may fail; an `UploadTrouble` says whether to try again. */
export type Transport = {
  /** The SHA-256 of some bytes of the file, in base64. */
  readonly digest: (body: Blob) => Promise<string>
  /** Presigned requests for these parts. */
  readonly sign: (parts: PartToSign[], signal: AbortSignal) => Promise<SignedParts>
  /** Sends one part and tells the bytes sent so far of it; storage has verified them when it resolves. */
  readonly put: (part: SignedPart, body: Blob, sent: (bytes: number) => void, signal: AbortSignal) => Promise<void>
  readonly wait: Patience['wait']
  /** Milliseconds of any one clock. */
  readonly now: () => number
}

export type Transfer = {
  readonly file: Blob
  readonly plan: PartPlan
  /** Digests of the parts that storage has and that are the file's, by number. Filled as they come, so that a second call carries on. */
  readonly done: Map<number, string>
  /** Digests of parts that storage had before, from an earlier try: one that is the file's own is not sent again. */
  readonly stored: ReadonlyMap<number, string>
  readonly transport: Transport
  readonly onProgress: (progress: TransferProgress) => void
  readonly signal: AbortSignal
}

/**
 * `arrivedBytes` of the file are in storage or on their way, `keptBytes` of them from an earlier try; it shrinks when a
 * part fails. `retries` counts parts sent again since the transfer began; `isLost` while no answer comes from anywhere.
 */
export type TransferProgress = {
  readonly arrivedBytes: number
  readonly keptBytes: number
  readonly retries: number
  readonly isLost: boolean
}

/** As many as a browser has connections to one host over HTTP/1.1, which is what S3 speaks. */
const parallelParts = 6
/** Few, because a presigned URL ages while it waits for its turn; fewer where parts are large and long to hash. */
const mostSignedAtOnce = 16
const signedBytesAtOnce = 128 * 2 ** 20
/** A URL with less than this left is signed anew rather than used. */
const spareMilliseconds = 30_000

/** The bytes of part `partNumber` (from 1) as a range of the file. */
export const partRange = (
  { partBytes }: PartPlan,
  fileBytes: number,
  partNumber: number,
): { start: number; end: number } => {
  const start = (partNumber - 1) * partBytes
  return { start, end: Math.min(start + partBytes, fileBytes) }
}

type ReadyPart = { readonly part: SignedPart; readonly sha256: string; readonly until: number }

/**
 * Brings every part into storage, several at a time. Each part is hashed; one that storage has already with that hash is
 * left alone, every other is sent with the hash in its signature. A part that storage refuses is signed and sent again;
 * while the line is down it waits. Resolves when storage has all parts of this very
 * file; rejects with the first part's last error, or with the signal's reason.
 */
export const transferParts = async (transfer: Transfer): Promise<void> => {
  const { file, plan, done, stored, transport } = transfer
  const failure = new AbortController()
  const signal = AbortSignal.any([transfer.signal, failure.signal])
  const pending = Array.from({ length: plan.parts }, (_, index) => index + 1).filter((number) => !done.has(number))
  const inFlight = new Map<number, number>()
  const signedAtOnce = Math.max(1, Math.min(mostSignedAtOnce, Math.floor(signedBytesAtOnce / plan.partBytes)))
  let retries = 0
  let keptBytes = 0
  let isLost = false

  const bodyOf = (partNumber: number): Blob => {
    const { start, end } = partRange(plan, file.size, partNumber)
    return file.slice(start, end)
  }
  let doneBytes = [...done.keys()].reduce((sum, partNumber) => sum + bodyOf(partNumber).size, 0)
  const report = (): void => {
    const flying = [...inFlight.values()].reduce((sum, bytes) => sum + bytes, 0)
    transfer.onProgress({ arrivedBytes: doneBytes + flying, keptBytes, retries, isLost })
  }
  const settle = (partNumber: number, sha256: string): void => {
    done.set(partNumber, sha256)
    doneBytes += bodyOf(partNumber).size
    isLost = false
    report()
  }

  const patience: Patience = {
    wait: transport.wait,
    signal,
    onLost: () => {
      isLost = true
      report()
    },
  }

  const sign = async (parts: PartToSign[]): Promise<ReadyPart[]> => {
    const asked = transport.now()
    const signed = await transport.sign(parts, signal)
    const until = asked + signed.expiresInSeconds * 1000 - spareMilliseconds
    return parts.map(({ partNumber, sha256 }) => {
      const part = signed.parts.find((each) => each.partNumber === partNumber)
      if (part === undefined) throw new UploadTrouble('passing', `Part ${partNumber} was not signed.`)
      return { part, sha256, until }
    })
  }

  // In step with the sending, else bursts of hashing take the processor from it.
  const hashing = leash(signedAtOnce + parallelParts)
  /** As many parts as go at once to begin with, so that the first is soon on its way; then twice as many each time. */
  let groupParts = Math.min(parallelParts, signedAtOnce)
  /** The next few parts that storage does not have yet, hashed and signed; none when there are no more. */
  const prepare = async (): Promise<ReadyPart[]> => {
    const group: PartToSign[] = []
    while (group.length < groupParts) {
      const partNumber = pending.shift()
      if (partNumber === undefined) break
      await hashing.lead()
      signal.throwIfAborted()
      const body = bodyOf(partNumber)
      const sha256 = await transport.digest(body)
      if (stored.get(partNumber) === sha256) {
        keptBytes += body.size
        settle(partNumber, sha256)
        hashing.follow()
      } else group.push({ partNumber, sha256 })
    }
    groupParts = Math.min(2 * groupParts, signedAtOnce)
    return group.length === 0 ? [] : await persistently(patience, () => sign(group))
  }
  const ready = oneGroupAhead(prepare)

  const send = async (first: ReadyPart): Promise<void> => {
    const { sha256, part } = first
    const { partNumber } = part
    const body = bodyOf(partNumber)
    await persistently(patience, async (attempt) => {
      if (attempt > 1) retries++
      const isFresh = attempt === 1 && transport.now() < first.until
      const [{ part: signed }] = isFresh ? [first] : await sign([{ partNumber, sha256 }])
      try {
        const progress = (bytes: number): void => {
          inFlight.set(partNumber, Math.min(bytes, body.size))
          if (bytes > 0) isLost = false
          report()
        }
        await transport.put(signed, body, progress, signal)
      } finally {
        inFlight.delete(partNumber)
        report()
      }
    })
    settle(partNumber, sha256)
  }

  const worker = async (): Promise<void> => {
    for (let next = await ready.next(); !next.done; next = await ready.next()) {
      hashing.follow()
      await send(next.value)
    }
  }
  report()
  try {
    await Promise.all(Array.from({ length: parallelParts }, worker))
  } catch (error) {
    failure.abort(error)
    throw error
  }
}
