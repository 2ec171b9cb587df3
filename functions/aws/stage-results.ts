import type { z } from 'zod'
import { heldResultKey, type resultKey } from '../../shared/cases/object-keys.ts'
import { HeaderResult, ImportsResult, PoolResult, UnpackResult } from '../../shared/stages/results.ts'
import type { StageContext } from './stage-runner.ts'

/** What earlier stages of the same analysis left behind. */

/** Null where the upload was no archive, or had been unpacked before. */
export const readUnpack = (context: StageContext): Promise<UnpackResult | null> =>
  readIfDone(context, 'unpack', UnpackResult)

export const readHeader = (context: StageContext): Promise<HeaderResult> => read(context, 'header', HeaderResult)

/** Null when the stage was skipped or failed. */
export const readPool = (context: StageContext): Promise<PoolResult | null> => readIfDone(context, 'pool', PoolResult)

/** Null when the stage was skipped or failed. */
export const readImports = (context: StageContext): Promise<ImportsResult | null> =>
  readIfDone(context, 'imports', ImportsResult)

type Producer = Parameters<typeof resultKey>[1]

const read = async <R>({ id, analysis, documents }: StageContext, stage: Producer, schema: z.ZodType<R>): Promise<R> =>
  schema.parse(JSON.parse(await documents.read(heldResultKey(id, analysis, stage))))

/** The record decides, not the bucket: S3 answers a missing key with "denied" to a role that may not list. */
const readIfDone = async <R>(context: StageContext, stage: Producer, schema: z.ZodType<R>): Promise<R | null> => {
  const record = await context.store.stages.get({ ...context.id, stage })
  return record?.status === 'done' ? read(context, stage, schema) : null
}
