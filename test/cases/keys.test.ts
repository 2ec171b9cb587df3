import { expect, test } from 'vitest'
import { idRandomBytes, isId, makeId } from '../../shared/cases/ids.ts'
import { casePartition, kindOf, sortKeys } from '../../shared/cases/item-keys.ts'
import { analysisKey, dumpKey, parseDumpKey, resultKey } from '../../shared/cases/object-keys.ts'
import { stages } from '../../shared/cases/stage.ts'
import { ids } from './records.ts'

const random = (fill: number) => new Uint8Array(idRandomBytes).fill(fill)
const id = { tenant: 'default', ...ids }

test('ids sort by time, tell their kind, and differ by their random part', () => {
  const earlier = makeId('case', new Date(1_700_000_000_000), random(255))
  const later = makeId('case', new Date(1_700_000_000_001), random(0))
  expect(earlier < later).toBe(true)
  expect(earlier).toMatch(/^case_[0-9a-hjkmnp-tv-z]{26}$/)
  expect(earlier.endsWith('z'.repeat(16))).toBe(true)
  expect(isId('case', earlier)).toBe(true)
  expect(isId('dump', earlier)).toBe(false)
  expect(() => makeId('case', new Date(), new Uint8Array(3))).toThrow(RangeError)
})

test('nothing that could leave its key passes for an id', () => {
  for (const text of [
    '',
    'case_',
    'case_../../x',
    `${ids.caseId}#dump`,
    `${ids.caseId}/x`,
    'case_0000000001000000000000000u',
  ])
    expect(isId('case', text), text).toBe(false)
})

test('object keys carry the tenant, case and dump, and a dump key can be read back', () => {
  expect(dumpKey(id)).toBe(`dumps/default/${ids.caseId}/${ids.dumpId}`)
  expect(resultKey(id, 'pool')).toBe(`results/default/${ids.caseId}/${ids.dumpId}/${ids.analysisId}/pool.json`)
  expect(analysisKey(id)).toBe(`results/default/${ids.caseId}/${ids.dumpId}/${ids.analysisId}/analysis.json`)
  expect(parseDumpKey(dumpKey(id))).toEqual({ tenant: 'default', caseId: ids.caseId, dumpId: ids.dumpId })
})

test('keys that are not a dump’s are told apart', () => {
  for (const key of [
    'dumps/default/x/y',
    analysisKey(id),
    `${dumpKey(id)}/more`,
    'dumps',
    dumpKey({ ...id, tenant: 'A/B' }),
  ])
    expect(parseDumpKey(key), key).toBeNull()
})

test('items of a case share a partition of their tenant, and stages sort in their order', () => {
  expect(casePartition('t1', ids.caseId)).not.toBe(casePartition('t2', ids.caseId))
  const keys = stages.map((stage) => sortKeys.stage({ ...ids, stage }))
  expect([...keys].sort()).toEqual(keys)
  expect(new Set(keys.map(kindOf))).toEqual(new Set(['stage']))
  expect(kindOf('something#else')).toBeNull()
})
