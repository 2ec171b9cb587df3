/** Does something to each of a list, a few at a time. When one rejects, no more are begun and the rejection is passed on. */
export const inParallel = async <T>(
  list: readonly T[],
  atOnce: number,
  work: (one: T) => Promise<void>,
): Promise<void> => {
  const left = [...list]
  const worker = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift())
      try {
        await work(next)
      } catch (error) {
        left.length = 0
        throw error
      }
  }
  const ends = await Promise.allSettled(Array.from({ length: Math.min(atOnce, list.length) }, worker))
  for (const end of ends) if (end.status === 'rejected') throw end.reason
}
