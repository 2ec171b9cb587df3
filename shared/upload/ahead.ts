/** The items of one group after the other; while they are used the next group is being made. An empty group is the last. */
export async function* oneGroupAhead<T>(make: () => Promise<T[]>): AsyncGenerator<T, undefined> {
  let next = make()
  for (;;) {
    const group = await next
    if (group.length === 0) return
    next = make()
    // Its failure is met at its turn, unless by then everything has ended for another reason.
    next.catch(() => undefined)
    yield* group
  }
}

export type Leash = {
  /** Resolves when one more item may be made. For one maker, which asks for one at a time. */
  readonly lead: () => Promise<void>
  /** Says that an item was used. */
  readonly follow: () => void
}

/** Keeps whoever makes items at most `length` of them before whoever uses them. */
export const leash = (length: number): Leash => {
  let ahead = 0
  let letGo = (): void => undefined
  return {
    lead: async () => {
      while (ahead >= length) await new Promise<void>((resolve) => (letGo = resolve))
      ahead++
    },
    follow: () => {
      ahead--
      letGo()
    },
  }
}
