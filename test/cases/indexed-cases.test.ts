import { describe, expect, test } from 'vitest'
import { sweepCase } from '../../functions/sweep/sweep-case.ts'
import { dueWork } from '../../shared/cases/due.ts'
import type { CaseRecord } from '../../shared/cases/records.ts'
import { entryKey, termsOf } from '../../shared/cases/search/search-terms.ts'
import { caseStore } from '../../shared/cases/store.ts'
import type { Table } from '../../shared/cases/table.ts'
import { memoryTable } from './memory-table.ts'
import { after, caseRecord, ids, start } from './records.ts'

const minutes = (count: number) => after(count * 60)
const entriesIn = (table: ReturnType<typeof memoryTable>) =>
  [...table.items.values()].filter(({ pk }) => pk.includes('#find#')).map(({ pk, sk }) => `${pk} ${sk}`)
const entriesOf = (record: CaseRecord) =>
  termsOf(record).map((term) => {
    const { pk, sk } = entryKey('default', term, record.caseId)
    return `${pk} ${sk}`
  })

/** The table whose process ends at its `n`-th write, which may or may not have been done. */
const dying = (table: Table, n: number, done: boolean): Table => {
  let left = n
  const write =
    <Args extends unknown[]>(call: (...args: Args) => Promise<boolean>) =>
    async (...args: Args): Promise<boolean> => {
      left--
      if (left < 0) throw new Error('the process ends here')
      if (left > 0) return call(...args)
      if (done) await call(...args)
      throw new Error('the process ends here')
    }
  return { ...table, put: write(table.put), raise: write(table.raise), remove: write(table.remove) }
}

const named = (signature: string | null) => (record: CaseRecord) => ({
  next: { ...record, status: 'done' as const, driver: 'leaky.sys', host: 'web-1', signature },
})

describe('the search index of a case', () => {
  test('says what its record says, after its making and after a change', async () => {
    const table = memoryTable()
    const store = caseStore(table, 'default', () => start)
    await store.cases.insert(ids, caseRecord)
    expect(entriesIn(table).sort()).toEqual(entriesOf(caseRecord).sort())
    const { record } = await store.cases.change(ids, named('sig1_a'))
    expect(entriesIn(table).sort()).toEqual(entriesOf(record!).sort())
    expect(await dueWork(table, minutes(60), 10)).toEqual([])
  })

  test('is left alone by a change of what nobody searches for', async () => {
    const table = memoryTable()
    const store = caseStore(table, 'default', () => start)
    await store.cases.insert(ids, caseRecord)
    const writes: string[] = []
    const watched: Table = {
      ...table,
      raise: (item) => {
        writes.push(item.sk)
        return table.raise(item)
      },
    }
    await caseStore(watched, 'default').cases.change(ids, (record) => ({ next: { ...record, headline: 'New.' } }))
    expect(writes).toEqual([])
    expect((await table.get({ pk: `tenant#default#case#${ids.caseId}`, sk: 'case' }))?.revision).toBe(3)
  })

  test.each([false, true])('is put right by the sweep wherever its writer died (write done: %s)', async (done) => {
    for (let n = 1; n < 40; n++) {
      const table = memoryTable()
      await caseStore(table, 'default', () => start).cases.insert(ids, { ...caseRecord, host: 'old', labels: ['a'] })
      const breaking = caseStore(dying(table, n, done), 'default', () => start)
      const outcome = await breaking.cases.change(ids, named('sig1_a')).catch(() => 'died')
      const due = await dueWork(table, minutes(6), 10)
      for (const each of due) await sweepCase({ store: (tenant) => caseStore(table, tenant, () => minutes(6)) }, each)
      const record = (await caseStore(table, 'default').cases.get(ids))!
      expect(entriesIn(table).sort(), `write ${n}`).toEqual(entriesOf(record).sort())
      expect(await dueWork(table, minutes(60), 10)).toEqual([])
      if (outcome !== 'died') return
    }
    throw new Error('The change never came to its end.')
  })

  test('is put right by the next writer, if that one comes before the sweep', async () => {
    for (let n = 2; n < 12; n++) {
      const table = memoryTable()
      await caseStore(table, 'default', () => start).cases.insert(ids, { ...caseRecord, host: 'old' })
      await caseStore(dying(table, n, false), 'default', () => start)
        .cases.change(ids, named('sig1_a'))
        .catch(() => 'died')
      const { record } = await caseStore(table, 'default', () => start).cases.change(ids, named('sig1_b'))
      expect(entriesIn(table).sort(), `write ${n}`).toEqual(entriesOf(record!).sort())
    }
  })

  test('of a record that an older version wrote is made with its next change', async () => {
    const table = memoryTable()
    const key = { pk: `tenant#default#case#${ids.caseId}`, sk: 'case' }
    const listed = { listPk: 'tenant#default#cases', listSk: ids.caseId }
    await table.put({ ...key, ...listed, revision: 4, record: caseRecord }, null)
    const { record } = await caseStore(table, 'default').cases.change(ids, named(null))
    expect(entriesIn(table).sort()).toEqual(entriesOf(record!).sort())
  })

  test('of two who write at once ends as the last record says', async () => {
    for (const order of ['first', 'second']) {
      const table = memoryTable()
      const store = caseStore(table, 'default', () => start)
      await store.cases.insert(ids, caseRecord)
      // One is held back between its record and its entries until the other has done everything.
      let release = (): void => {}
      const held = new Promise<void>((resolve) => {
        release = resolve
      })
      const between = Promise.withResolvers<void>()
      const raise: Table['raise'] = async (item) => {
        between.resolve()
        await held
        return table.raise(item)
      }
      const slow: Table = { ...table, raise }
      const change = (value: string) => (record: CaseRecord) => ({ next: { ...record, host: value, customer: value } })
      const late = caseStore(slow, 'default', () => start).cases.change(ids, change('late'))
      await between.promise
      await store.cases.change(ids, change(order === 'first' ? 'late' : 'other'))
      release()
      await late
      const record = (await store.cases.get(ids))!
      expect(entriesIn(table).sort()).toEqual(entriesOf(record).sort())
    }
  })
})

describe('groups of cases of one cause', () => {
  const prepare = async (count: number) => {
    const table = memoryTable()
    const store = caseStore(table, 'default', () => start)
    const caseIds = Array.from({ length: count }, (_, n) => `case_00000000010000000000000${String(n).padStart(3, '0')}`)
    for (const caseId of caseIds) await store.cases.insert({ caseId }, { ...caseRecord, caseId })
    return { table, store, caseIds }
  }

  test('count their cases, whichever way these come and go', async () => {
    const { store, caseIds } = await prepare(3)
    const page = { limit: 10, cursor: null }
    await store.cases.change({ caseId: caseIds[0] }, named('sig1_a'))
    expect((await store.groups(page)).groups).toEqual([])
    expect((await store.group('sig1_a'))?.cases).toBe(1)
    for (const caseId of caseIds) await store.cases.change({ caseId }, named('sig1_a'))
    expect((await store.groups(page)).groups).toMatchObject([
      { signature: 'sig1_a', cases: 3, more: false, newestCaseId: caseIds[2], driver: 'leaky.sys' },
    ])
    await store.cases.change({ caseId: caseIds[2] }, named('sig1_b'))
    expect((await store.groups(page)).groups).toMatchObject([
      { signature: 'sig1_a', cases: 2, newestCaseId: caseIds[1] },
    ])
    await store.cases.change({ caseId: caseIds[1] }, named(null))
    expect((await store.groups(page)).groups).toEqual([])
  })

  test('count right when all their cases are decided at once', async () => {
    const { store, caseIds } = await prepare(6)
    await Promise.all(caseIds.map((caseId) => store.cases.change({ caseId }, named('sig1_a'))))
    expect((await store.group('sig1_a'))?.cases).toBe(6)
  })

  test('leave a count that is contended too long to the sweep, and nobody’s change fails for it', async () => {
    const { table, store, caseIds } = await prepare(40)
    await Promise.all(caseIds.map((caseId) => store.cases.change({ caseId }, named('sig1_a'))))
    const due = await dueWork(table, minutes(6), 100)
    expect(due.length).toBeGreaterThan(0)
    for (const each of due) await sweepCase({ store: (tenant) => caseStore(table, tenant, () => minutes(6)) }, each)
    expect((await store.group('sig1_a'))?.cases).toBe(40)
    expect(await dueWork(table, minutes(60), 100)).toEqual([])
    const records = await Promise.all(caseIds.map((caseId) => store.cases.get({ caseId })))
    expect(entriesIn(table).sort()).toEqual(records.flatMap((record) => entriesOf(record!)).sort())
  })
})
