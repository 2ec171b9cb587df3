import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider'

type Entry = { readonly payload: AdapterPayload; readonly expiresAt: number }

/** Of one kind. Whoever signs in more often than this loses the oldest session, and signs in again. */
const mostEntries = 10_000

/** Where the provider keeps sessions, codes and refresh tokens: in this process, so that a restart signs everybody out. */
export const memoryAdapter = (): { readonly adapter: AdapterFactory; readonly endSessions: () => void } => {
  const kinds = new Map<string, Map<string, Entry>>()
  const live = (entry: Entry | undefined): AdapterPayload | undefined =>
    entry !== undefined && entry.expiresAt > Date.now() ? entry.payload : undefined

  const adapter = (kind: string): Adapter => {
    const entries = kinds.get(kind) ?? new Map<string, Entry>()
    kinds.set(kind, entries)
    const findBy = (matches: (payload: AdapterPayload) => boolean): AdapterPayload | undefined =>
      live([...entries.values()].find(({ payload }) => matches(payload)))
    return {
      upsert: async (id, payload, expiresIn) => {
        entries.delete(id)
        entries.set(id, { payload, expiresAt: expiresIn === undefined ? Infinity : Date.now() + expiresIn * 1000 })
        if (entries.size > mostEntries) entries.delete(entries.keys().next().value ?? id)
      },
      find: async (id) => live(entries.get(id)),
      findByUid: async (uid) => findBy((payload) => payload.uid === uid),
      findByUserCode: async (userCode) => findBy((payload) => payload.userCode === userCode),
      consume: async (id) => {
        const entry = entries.get(id)
        if (entry !== undefined)
          entries.set(id, { ...entry, payload: { ...entry.payload, consumed: Math.floor(Date.now() / 1000) } })
      },
      destroy: async (id) => void entries.delete(id),
      revokeByGrantId: async (grantId) => {
        for (const all of kinds.values())
          for (const [id, { payload }] of all) if (payload.grantId === grantId) all.delete(id)
      },
    }
  }
  return {
    adapter,
    endSessions: () => {
      for (const entries of kinds.values()) entries.clear()
    },
  }
}
