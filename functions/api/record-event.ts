import type { Caller } from './caller.ts'
import type { ApiPorts } from './ports.ts'

type Event = {
  readonly caseId: string
  /** A stable name: `upload.completed`. */
  readonly action: string
  /** A full sentence for the person reading; never contents of a dump. */
  readonly statement: string
}

/** Writes down what the caller of a request, or another by its name, did to a case. */
export const recordEvent = async (
  { tenant, caller }: { readonly tenant: string; readonly caller: Pick<Caller, 'subject'> },
  { store, newId, now }: Pick<ApiPorts, 'store' | 'newId' | 'now'>,
  event: Event,
): Promise<void> => {
  const record = { ...event, eventId: newId('event'), at: now().toISOString(), actor: caller.subject }
  await store(tenant).audit.insert(record, record)
}
