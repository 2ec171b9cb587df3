/**
 * How long each thing may take before the sweep looks at it. The sweep is the last resort: queues redeliver by
 * themselves, and what these times cover is a message or an event that got lost for good.
 */
const minute = 60_000
const day = 24 * 60 * minute

/** A finished upload's event, or a stage's message, is picked up within this time unless its queue has a backlog. */
export const patienceMs = 5 * minute

/** An unfinished upload's first look; the looks after it are the rarer the older it is. */
export const uploadPatienceMs = 15 * minute

/**
 * An upload that nobody finished is given up so long after its start: a slow line may take days, and a customer a week to
 * come back. A day later S3 drops whatever parts are still there by itself (infra/aws/storage.ts).
 */
export const uploadLifeDays = 14
export const uploadLifeMs = uploadLifeDays * day

/** The same for a dump that comes in a single request, which cannot be resumed. */
export const putLifeMs = day

/** How long a queue keeps a message (infra/aws/pipeline.ts): one sent earlier than this is gone. */
export const messageLifeMs = 4 * day

/** A stage whose message was sent again so often in vain is given up. */
export const mostSweeps = 3

export const later = (at: Date, milliseconds: number): Date => new Date(at.getTime() + milliseconds)

/** When to look again at what has lasted since then: after half its age, but not before `soonest` nor after `latest`. */
const byAge = (since: Date, at: Date, soonest: number, latest: number): Date =>
  later(at, Math.min(latest, Math.max(soonest, (at.getTime() - since.getTime()) / 2)))

/** When to look again at an upload that began then. */
export const nextUploadLook = (since: Date, at: Date): Date => byAge(since, at, uploadPatienceMs, day)

/** For what waits behind a backlog. */
export const nextBacklogLook = (since: Date, at: Date): Date => byAge(since, at, patienceMs, 60 * minute)
