/** A limit on reads, shared by everything one search does. */
export type Budget = { left: number }

/** `spent`: the budget ended first; there is nothing from `spent` up, and what is below it is not known. */
export type Found = { readonly id: string } | 'end' | { readonly spent: string }

/**
 * Ids from the highest down, as far as somebody asks: the highest one below `below`. Each call asks for a lower one than
 * the call before.
 */
export type IdStream = {
  readonly next: (below: string) => Promise<Found>
  /** Down to where it has been read; '' when all of it has. */
  readonly reached: () => string
}

/** A bound that leaves `id` in: no id has this character, and none of a key's comes after it. */
const justAbove = (id: string): string => `${id}~`

/** How keys are read, and which id a key stands for; null for a key that is not wanted. */
export type KeyPages = {
  /** At most `limit` keys below `below`, the highest first. */
  readonly read: (below: string, limit: number) => Promise<readonly string[]>
  readonly idOf: (key: string) => string
  readonly wants: (key: string) => boolean
  /** Keys of the first page: most searches need no other. */
  readonly firstPage: number
  readonly pageSize: number
}

/** Ids read a page of keys at a time. Several keys may stand for one id, and sort beside each other and above it. */
export const pagedStream = ({ read, idOf, wants, firstPage, pageSize }: KeyPages, budget: Budget): IdStream => {
  let ids: string[] = []
  let lowestKey: string | null = null
  let ended = false
  return {
    reached: () => (ended ? '' : (lowestKey ?? '~')),
    next: async (below) => {
      for (;;) {
        ids = ids.slice(firstBelow(ids, below))
        if (ids.length > 0) return { id: ids[0] }
        if (ended) return 'end'
        // What lies between the last page and `below` is of no interest any more.
        const start: string = lowestKey === null || below < lowestKey ? below : lowestKey
        if (budget.left === 0) return { spent: start === below ? below : justAbove(idOf(start)) }
        budget.left--
        const limit = lowestKey === null ? firstPage : pageSize
        const keys = await read(start, limit)
        ended = keys.length < limit
        lowestKey = keys.at(-1) ?? start
        ids = keys.filter(wants).map(idOf)
      }
    },
  }
}

/** The ids of any of these streams. */
export const unionOf = (streams: readonly IdStream[]): IdStream => ({
  reached: () => highest(streams.map((stream) => stream.reached())),
  next: async (below) => {
    const found = await Promise.all(streams.map((stream) => stream.next(below)))
    const id = highest(found.flatMap((each) => (each !== 'end' && 'id' in each ? [each.id] : [])))
    const spent = highest(found.flatMap((each) => (each !== 'end' && 'spent' in each ? [each.spent] : [])))
    // Above where a stream gave out, the others are known.
    if (spent !== '' && spent > id) return { spent }
    return id === '' ? 'end' : { id }
  },
})

/** The ids that all of these streams have. Each leaps to where the one before it stands. */
export const intersectionOf = (streams: readonly IdStream[]): IdStream => ({
  reached: () => highest(streams.map((stream) => stream.reached())),
  next: async (below) => {
    for (let bound = below; ; ) {
      let candidate: string | null = null
      let agreed = true
      for (const stream of streams) {
        const found: Found = await stream.next(bound)
        if (found === 'end' || 'spent' in found) return found
        if (candidate !== null && found.id !== candidate) agreed = false
        candidate = found.id
        bound = justAbove(candidate)
      }
      if (candidate === null) return 'end'
      if (agreed) return { id: candidate }
    }
  },
})

const firstBelow = (ids: readonly string[], below: string): number => {
  const index = ids.findIndex((id) => id < below)
  return index === -1 ? ids.length : index
}

const highest = (texts: readonly string[]): string => texts.reduce((best, text) => (text > best ? text : best), '')
