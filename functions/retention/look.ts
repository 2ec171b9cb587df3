import { createHash } from 'node:crypto'
import { idRandomBytes, makeId } from '../../shared/cases/ids.ts'
import type { KeyedCase } from '../../shared/cases/item-keys.ts'
import {
  claimDeletion,
  deleteDump,
  deletionOf,
  dutyOf,
  keptOf,
  lookAgain,
  noteDeleted,
  type RetentionPolicy,
  termOf,
  type What,
  warnOf,
} from '../../shared/cases/life/retention.ts'
import { dumpKey, resultsOfCase, unpackedKey } from '../../shared/cases/object-keys.ts'
import type { DumpRecord } from '../../shared/cases/records.ts'
import type { CaseStore } from '../../shared/cases/store.ts'

export type RetentionPorts = {
  readonly store: (tenant: string) => CaseStore
  readonly now: () => Date
  readonly policy: RetentionPolicy
  /** Deletes one version of an object for good; one that is not there is no error. */
  readonly deleteVersion: (key: string, versionId: string | null) => Promise<void>
  /** Deletes all objects whose keys begin so. */
  readonly deleteUnder: (prefix: string) => Promise<void>
}

export type Looked = { readonly warned: number; readonly deleted: number; readonly held: number }

/**
 * Looks at what is kept of one case: announces what is to be deleted, and deletes what was announced and is due. Every
 * step may be repeated; one that was interrupted is finished by the next look, which is due as long as it is not done.
 */
export const lookAtCase = async (ports: RetentionPorts, { tenant, caseId }: KeyedCase): Promise<Looked> => {
  const { now, policy } = ports
  const store = ports.store(tenant)
  const looked = { warned: 0, deleted: 0, held: 0 }
  const [record, ofCase] = await Promise.all([store.retention.get({ caseId }), store.cases.get({ caseId })])
  if (record === null || ofCase === null) return looked
  const found = await Promise.all(Object.keys(record.dumps).map((dumpId) => store.dumps.get({ caseId, dumpId })))
  const dumps = found.filter((dump) => dump !== null)
  const came = (dump: DumpRecord): number => Date.parse(dump.uploadedAt ?? dump.createdAt)
  const things: { what: What; since: number; name: string; dump: DumpRecord | null }[] = [
    ...dumps.map((dump) => ({ what: dump.dumpId, since: came(dump), name: `The dump ${dump.fileName}`, dump })),
    {
      what: 'results',
      since: Math.max(0, ...dumps.map(came)),
      name: 'What the analyses of this case found',
      dump: null,
    },
  ]

  for (const { what, since, name, dump } of things) {
    const kept = keptOf(record, what)
    if (kept === undefined) continue
    const term = termOf({ record, case: ofCase, since: new Date(since), policy }, what)
    const duty = dutyOf(term, kept, now())
    if (duty === 'warn' && term.until !== null) {
      const { until } = term
      const at = now()
      await store.retention.change({ caseId }, (current) => warnOf(current, what, until, at))
      const announced = { ...kept, warned: { at: at.toISOString(), until: until.toISOString() } }
      const date = (deletionOf(term, announced, at) ?? until).toISOString().slice(0, 10)
      const after = dump === null ? '' : ' After that it can no longer be analysed again.'
      await noteEvent(store, caseId, `${what} ${until.toISOString()}`, at, {
        action: 'retention.announced',
        statement: `${name} will be deleted on ${date}.${after} ${term.reason}`,
      })
      looked.warned++
    }
    if (duty !== 'delete') continue
    const claimed = await store.retention.change({ caseId }, (current) => claimDeletion(current, what, record, now()))
    const deletingAt = claimed.record === null ? null : keptOf(claimed.record, what)?.deletingAt
    if (typeof deletingAt !== 'string') {
      looked.held++
      continue
    }
    if (dump === null) await ports.deleteUnder(resultsOfCase({ tenant, caseId }))
    else await deleteObjects(ports, tenant, dump)
    if (dump !== null) await store.dumps.change(dump, deleteDump)
    await noteEvent(store, caseId, `${what} deleted`, new Date(deletingAt), {
      action: dump === null ? 'results.deleted' : 'dump.deleted',
      statement: `${name} was deleted: its time was over. ${term.reason}`,
    })
    await store.retention.change({ caseId }, (current) => noteDeleted(current, what, now()))
    looked.deleted++
  }
  // Last of all: a look that fails is due again.
  await store.retention.change({ caseId }, (current) => lookAgain(current, now()))
  return looked
}

const deleteObjects = async ({ deleteVersion }: RetentionPorts, tenant: string, dump: DumpRecord): Promise<void> => {
  const id = { tenant, caseId: dump.caseId, dumpId: dump.dumpId }
  if (dump.archive?.unpacked) await deleteVersion(unpackedKey(id), dump.archive.unpacked.versionId)
  await deleteVersion(dumpKey(id), dump.versionId)
}

/** An event whose id follows from what it is about, so that a repeat does not record it twice. */
const noteEvent = async (
  store: CaseStore,
  caseId: string,
  about: string,
  at: Date,
  { action, statement }: { readonly action: string; readonly statement: string },
): Promise<void> => {
  const digest = createHash('sha256').update(`${action} ${about}`).digest()
  const eventId = makeId('event', at, digest.subarray(0, idRandomBytes))
  const event = { caseId, eventId, at: at.toISOString(), actor: 'dumpline', action, statement }
  await store.audit.insert(event, event)
}
