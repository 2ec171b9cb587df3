import { parseDumpKey } from '../../../shared/cases/object-keys.ts'
import type { Addressee } from '../../../shared/cases/operations/dead-letters.ts'
import type { QueueOwner } from '../../../shared/cases/operations/queue-owner.ts'
import { BatchMessage } from '../../../shared/messages/batch-message.ts'
import { DeliveryMessage } from '../../../shared/messages/delivery-message.ts'
import { EndMessage } from '../../../shared/messages/end-message.ts'
import { ShardMessage } from '../../../shared/messages/shard-message.ts'
import { StageMessage } from '../../../shared/messages/stage-message.ts'
import { uploadedObjects } from '../../ingest/upload-event.ts'

const nothing: Addressee = {
  ...{ caseId: null, dumpId: null, analysisId: null, stage: null, shard: null, lane: null, batchId: null },
}

/**
 * Whose a message is and what it is about; null where it does not say. It is a dead letter: it may be anything. Of what
 * it says only the ids are taken.
 */
export const addresseeOf = (owner: QueueOwner, body: string): { tenant: string; about: Addressee } | null => {
  const message = parsed(body)
  switch (owner) {
    case 'ingest': {
      const id = uploadOf(body)
      return id && { tenant: id.tenant, about: { ...nothing, caseId: id.caseId, dumpId: id.dumpId } }
    }
    case 'reprocess': {
      const { data } = BatchMessage.safeParse(message)
      return data === undefined ? null : { tenant: data.tenant, about: { ...nothing, batchId: data.batchId } }
    }
    case 'announce': {
      const { data } = EndMessage.safeParse(message)
      if (data === undefined) return null
      const { tenant, ...ids } = data
      return { tenant, about: { ...nothing, ...ids } }
    }
    case 'webhooks': {
      const { data } = DeliveryMessage.safeParse(message)
      return data === undefined ? null : { tenant: data.tenant, about: nothing }
    }
    default: {
      const data = (owner === 'scan' ? ShardMessage : StageMessage).safeParse(message).data
      if (data === undefined) return null
      const { tenant, caseId, dumpId, analysisId, stage, lane } = data
      const shard = 'shard' in data ? (data as ShardMessage).shard : null
      return { tenant, about: { ...nothing, caseId, dumpId, analysisId, stage, shard, lane } }
    }
  }
}

const parsed = (body: string): unknown => {
  try {
    return JSON.parse(body)
  } catch {
    return null
  }
}

const uploadOf = (body: string): ReturnType<typeof parseDumpKey> => {
  try {
    const [first] = uploadedObjects(body)
    return first === undefined ? null : parseDumpKey(first.key)
  } catch {
    return null
  }
}
