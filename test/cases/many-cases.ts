import { idRandomBytes, makeId } from '../../shared/cases/ids.ts'
import type { CaseRecord, CaseStatus } from '../../shared/cases/records.ts'
import type { CaseStore } from '../../shared/cases/store.ts'
import type { Table } from '../../shared/cases/table.ts'
import { createRandom } from '../forge/random.ts'

const drivers = [...Array(400)].map((_, index) => `drv${index.toString(36)}.sys`)
const customers = ['Contoso', 'Fabrikam', 'Northwind Traders', 'Tailspin Toys', 'Wide World Importers', 'Adatum']
const verdicts = ['culprit', 'suspects', 'inconclusive', 'healthy', 'not-determinable'] as const

/**
 * Cases of three years as a busy support desk would have them: most are done and closed, few drivers cause many of them
 * and many cause one. The same for the same seed.
 */
export const manyCases = (count: number, seed = 'cases'): CaseRecord[] => {
  const random = createRandom(seed)
  const below = (limit: number) => Math.floor((random.u32() / 2 ** 32) * limit)
  /** Small numbers often, large ones rarely. */
  const skewed = (limit: number) => below(below(below(limit) + 1) + 1)
  const start = Date.parse('2023-05-01T00:00:00Z')
  const step = (3 * 365 * 24 * 3_600_000) / count
  return Array.from({ length: count }, (_, index) => {
    const at = new Date(start + index * step)
    const bytes = Uint8Array.from({ length: idRandomBytes }, () => below(256))
    const status: CaseStatus = index > count - 20 ? (['empty', 'uploading', 'analysing'] as const)[below(3)] : 'done'
    const verdict = status === 'done' ? verdicts[skewed(verdicts.length)] : null
    const isNamed = verdict === 'culprit' || verdict === 'suspects'
    const driver = isNamed ? skewed(drivers.length) : null
    return {
      caseId: makeId('case', at, bytes),
      title: `Server ${1000 + below(9000)} stops answering`,
      createdAt: at.toISOString(),
      headline: verdict === null ? null : 'NonPagedPool is 98 % used.',
      verdict,
      driver: driver === null ? null : drivers[driver],
      status,
      tag: driver === null ? null : `T${(driver % 97).toString(36)}`,
      bugcheck: status === 'done' ? { code: ['0xd1', '0x7e', '0x50', '0xe2'][skewed(4)], name: null } : null,
      signature: driver === null ? null : `sig1_${String(driver).padStart(20, '0')}`,
      customer: customers[skewed(customers.length)],
      host: `srv-${below(2000)}`,
      labels: below(20) === 0 ? ['escalated'] : [],
      assignee: below(3) === 0 ? null : ['anna', 'ben', 'chris'][below(3)],
      closedAt: status === 'done' && index < count - 300 ? at.toISOString() : null,
    }
  })
}

export const insertAll = async (store: CaseStore, records: readonly CaseRecord[]): Promise<void> => {
  for (const record of records) await store.cases.insert(record, record)
}

/** A table whose requests are counted. */
export const countingTable = (table: Table): { readonly table: Table; readonly requests: string[] } => {
  const requests: string[] = []
  const counted =
    <Args extends unknown[], Result>(name: string, call: (...args: Args) => Result) =>
    (...args: Args): Result => {
      requests.push(name)
      return call(...args)
    }
  return {
    requests,
    table: {
      get: counted('get', table.get),
      getMany: counted('getMany', table.getMany),
      put: counted('put', table.put),
      raise: counted('raise', table.raise),
      remove: counted('remove', table.remove),
      query: counted('query', table.query),
      page: counted('page', table.page),
      due: counted('due', table.due),
      list: counted('list', table.list),
      listUp: counted('listUp', table.listUp),
    },
  }
}
