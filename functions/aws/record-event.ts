import type { IdKind } from '../../shared/cases/ids.ts'
import type { CaseStore } from '../../shared/cases/store.ts'

export type EventPorts = {
  readonly store: (tenant: string) => CaseStore
  readonly now: () => Date
  readonly newId: (kind: IdKind) => string
}

/** In whose name something is done to a case: a caller's subject, `link:` and an upload link's id, or `dumpline`. */
export type Acting = { readonly tenant: string; readonly caseId: string; readonly actor: string }

/** Keeps on record what somebody did to a case: `action` as a stable name, `statement` as a sentence. */
export const recordEvent = async (
  ports: EventPorts,
  { tenant, caseId, actor }: Acting,
  action: string,
  statement: string,
): Promise<void> => {
  const eventId = ports.newId('event')
  const event = { caseId, eventId, at: ports.now().toISOString(), actor, action, statement }
  await ports.store(tenant).audit.insert(event, event)
}
