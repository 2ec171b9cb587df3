import { createHash } from 'node:crypto'
import { type Collection, collection } from '../collection.ts'
import { publicRatePartition, sortKeys } from '../item-keys.ts'
import type { Table } from '../table.ts'
import { RateRecord } from './rate.ts'

/** Somebody without a name, at one public route: whoever has a link, or whoever comes from an address. */
export type Anybody = { readonly route: string; readonly by: 'link' | 'address'; readonly who: string }

/**
 * How often anybody asks. Strangers would fill a table with items of their own, and an address is a personal datum: so
 * each is counted in one of 65,536 buckets, by its SHA-256. Who shares one with a stranger also shares its limit for
 * that minute, which is rare.
 */
const bucketOf = (who: string): string => createHash('sha256').update(who).digest('hex').slice(0, 4)

export const publicRates = (table: Table): Collection<RateRecord, Anybody> =>
  collection(table, RateRecord, ({ route, by, who }) => ({
    pk: publicRatePartition(route, by, bucketOf(who)),
    sk: sortKeys.rate(),
  }))
