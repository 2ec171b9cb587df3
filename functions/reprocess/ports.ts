import type { BatchStore } from '../../shared/cases/batches/batch-store.ts'
import type { IdKind } from '../../shared/cases/ids.ts'
import type { CaseStore } from '../../shared/cases/store.ts'
import type { PinnedObject } from '../../shared/cases/transitions.ts'
import type { TellBatch } from '../aws/batch-queue.ts'
import type { Documents } from '../aws/documents.ts'
import type { SendStage } from '../aws/stage-queues.ts'

/** What work on batches is done with. */
export type ReprocessPorts = {
  readonly store: (tenant: string) => CaseStore
  readonly batches: (tenant: string) => BatchStore
  readonly documents: Documents
  readonly send: SendStage
  /** Has a batch worked on, so many seconds from now. */
  readonly tell: TellBatch
  /** The object as it now stands; null when there is none. */
  readonly head: (key: string) => Promise<PinnedObject | null>
  readonly now: () => Date
  readonly newId: (kind: IdKind) => string
  readonly engineVersion: string
}
