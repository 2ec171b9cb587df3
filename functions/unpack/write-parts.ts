/** What is known of a part that is in storage. */
type Part = { readonly partNumber: number; readonly bytes: number }

export type PartWriter<P extends Part> = {
  /** Bytes of each part but the last. */
  readonly partBytes: number
  /** How many parts are sent at once, each held in memory meanwhile. */
  readonly atOnce: number
  /** Parts that are in storage from an earlier try, in any order. */
  readonly present: readonly P[]
  readonly put: (partNumber: number, bytes: Uint8Array) => Promise<P>
  /** Whether the time is up: what is being sent is finished, and nothing more begun. */
  readonly isOver: () => boolean
}

/**
 * Cuts bytes into parts and sends those that storage does not have yet. The same bytes are cut alike each time, so that
 * a part which is there with its full length need not be sent again. Returns all parts in their order, or, when the time
 * was up before the end, how many are there now.
 */
export const writeParts = async <P extends Part>(
  chunks: AsyncIterable<Uint8Array>,
  { partBytes, atOnce, present, put, isOver }: PartWriter<P>,
): Promise<{ readonly parts: readonly P[] } | { readonly unfinished: number }> => {
  const parts = new Map(present.map((part) => [part.partNumber, part]))
  const sending = new Set<Promise<void>>()
  let failure: unknown
  let part = new Uint8Array(partBytes)
  let filled = 0
  let last = 0

  const finishPart = async (): Promise<void> => {
    const partNumber = ++last
    const bytes = part.subarray(0, filled)
    filled = 0
    if (parts.get(partNumber)?.bytes === bytes.length) return
    part = new Uint8Array(partBytes)
    while (sending.size >= atOnce) await Promise.race(sending)
    const sent = put(partNumber, bytes).then(
      (stored) => void parts.set(partNumber, stored),
      (error: unknown) => {
        failure ??= error
      },
    )
    sending.add(sent)
    sent.finally(() => sending.delete(sent))
  }

  try {
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length; ) {
        const length = Math.min(chunk.length - at, partBytes - filled)
        part.set(chunk.subarray(at, at + length), filled)
        filled += length
        at += length
        if (filled === partBytes) await finishPart()
      }
      if (failure !== undefined) throw failure
      if (isOver()) {
        await Promise.all(sending)
        if (failure !== undefined) throw failure
        return { unfinished: parts.size }
      }
    }
    if (filled > 0) await finishPart()
  } finally {
    // Nothing is under way any more once this has ended, however it ends: an upload can be aborted then.
    await Promise.all(sending)
  }
  if (failure !== undefined) throw failure
  const all = Array.from({ length: last }, (_, index) => parts.get(index + 1))
  return { parts: all.filter((stored) => stored !== undefined) }
}
