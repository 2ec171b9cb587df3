import {
  duePartition,
  dueRetentionPartition,
  type KeyedAnalysis,
  type KeyedCase,
  type KeyedDump,
  parseKey,
} from './item-keys.ts'
import type { Table } from './table.ts'

/** A case, dump or analysis that the sweep has to look at. */
export type Due = KeyedCase | KeyedDump | KeyedAnalysis

/**
 * What is due by now in all tenants, the longest overdue first, at most `limit`. One query of a sparse index: what is
 * settled, or not due yet, is not read.
 */
export const dueWork = async (table: Table, now: Date, limit: number): Promise<Due[]> => {
  const keys = await table.due(duePartition, now.toISOString(), limit)
  return keys.map(parseKey).filter((due) => due !== null)
}

/** The cases of which something may have to be announced or deleted by now. */
export const dueRetention = async (table: Table, now: Date, limit: number): Promise<KeyedCase[]> => {
  const keys = await table.due(dueRetentionPartition, now.toISOString(), limit)
  return keys.map(parseKey).filter((due) => due !== null)
}
