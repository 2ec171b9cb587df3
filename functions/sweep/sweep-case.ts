import type { KeyedCase } from '../../shared/cases/item-keys.ts'
import type { CaseStore } from '../../shared/cases/store.ts'

/** `indexed`: its entries in the search index are as its record says again. */
export type SweptCase = 'indexed'

/** Finishes what a writer of the case began and did not end: its entries in the search index. */
export const sweepCase = async (
  { store }: { readonly store: (tenant: string) => CaseStore },
  { tenant, caseId }: KeyedCase,
): Promise<SweptCase> => {
  await store(tenant).cases.settle({ caseId })
  return 'indexed'
}
