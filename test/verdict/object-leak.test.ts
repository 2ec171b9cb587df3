import { describe, expect, test } from 'vitest'
import type { HandleUse } from '../../shared/analysis/object-use.ts'
import { judge } from '../../shared/verdict/judge.ts'
import type { Knowledge } from '../../shared/verdict/knowledge.ts'
import { knowledge, searched, tag } from './knowledge.ts'

/** The question of the seed's reader: `Thre` grows for weeks. */
const threads = (handles: number, processes: HandleUse[], processesNote: string | null = null): Knowledge =>
  knowledge({
    pool: { ...knowledge().pool!, tags: [tag('Thre', 85_506_096, 137_029, 'nt!ps')] },
    imports: searched([], {
      searchedTags: ['Thre'],
      objects: [{ tag: 'Thre', name: 'Thread', objects: 137_029, handles, mostObjects: 137_100 }],
      processes,
      processesNote,
    }),
  })

const process = (pid: number, name: string, handles: number | null): HandleUse => ({
  pid,
  name,
  handles,
  contents: null,
})

/** A process whose handles were followed: so many of them lead to threads. */
const followed = (pid: number, name: string, handles: number, threads: number, more = {}): HandleUse => ({
  pid,
  name,
  handles,
  contents: {
    found: handles,
    followed: handles,
    unknown: 0,
    unseen: 0,
    types: [{ tag: 'Thre', handles: threads, ended: null }],
    ...more,
  },
})
const quiet = [process(4, 'System', 2100), process(312, 'lsass.exe', 900)]

describe('objects kept by handles', () => {
  test('the process that must hold most of them is the culprit, by what all others have', () => {
    const known = threads(136_000, [...quiet, process(1840, 'agent.exe', 137_500)])
    const { verdict, findings, headline } = judge(known)
    expect(verdict).toBe('culprit')
    expect(findings[0]).toMatchObject({ kind: 'object-leak', tag: 'Thre' })
    expect(findings[0].candidates).toHaveLength(1)
    expect(findings[0].candidates[0]).toMatchObject({ kind: 'process', name: 'agent.exe', pid: 1840, base: null })
    expect(findings[0].candidates[0].for[0].statement).toContain(
      'at least 133,000 of the 136,000 handles to Thread objects',
    )
    expect(findings[0].summary).toContain('There are 137,029 Thread objects and 136,000 handles to them')
    expect(headline).toContain('the process agent.exe holds the handles')
  })

  test('it is a suspect at even chances at most while a handle table or a process is not in the dump', () => {
    const agent = process(1840, 'agent.exe', 137_500)
    for (const known of [
      threads(136_000, [...quiet, agent, process(2000, 'other.exe', null)]),
      threads(136_000, [...quiet, agent], 'The process list breaks off.'),
    ]) {
      expect(judge(known).verdict).toBe('suspects')
      expect(judge(known).findings[0].candidates[0].confidence).toBeLessThanOrEqual(0.5)
    }
  })

  test('many processes that share them leave nobody to name', () => {
    const shared = Array.from({ length: 20 }, (_, index) => process(1000 + index * 4, `p${index}.exe`, 7000))
    expect(judge(threads(136_000, shared)).findings[0].candidates).toEqual([])
  })

  test('a process with many handles of other kinds is not blamed', () => {
    const known = threads(100_000, [...quiet, process(500, 'busy.exe', 150_000), process(600, 'agent.exe', 101_000)])
    expect(judge(known).findings[0].candidates).toEqual([])
  })
})

describe('handles that were followed to their objects', () => {
  test('name the process in whose table most of them are, whatever is not known of others', () => {
    const known = threads(
      136_000,
      [...quiet, followed(1840, 'agent.exe', 140_000, 120_000), process(2000, 'other.exe', null)],
      'The process list breaks off.',
    )
    const { verdict, findings } = judge(known)
    expect(verdict).toBe('culprit')
    expect(findings[0].candidates[0]).toMatchObject({ kind: 'process', name: 'agent.exe', pid: 1840 })
    expect(findings[0].candidates[0].for[0].statement).toContain('has 120,000 of the 136,000 handles to Thread objects')
  })

  test('say when they are a sample, and which threads have ended', () => {
    const sample = { followed: 4096, types: [{ tag: 'Thre', handles: 120_000, ended: 118_800 }] }
    const [{ candidates }] = judge(threads(136_000, [followed(1840, 'agent.exe', 140_000, 0, sample)])).findings
    expect(candidates[0].for[0].statement).toBe(
      'agent.exe (process 1840) has about 120,000 of the 136,000 handles to Thread objects in its handle table (4,096 of its 140,000 handles were followed). 99 % of those threads have ended: only the handles keep them.',
    )
  })

  test('make suspects of two processes that share them, and call none of them the culprit', () => {
    const known = threads(136_000, [
      followed(1840, 'agent.exe', 70_000, 60_000),
      followed(1900, 'agent.exe', 70_000, 61_000),
    ])
    const { verdict, findings } = judge(known)
    expect(verdict).toBe('suspects')
    expect(findings[0].candidates.map(({ pid }) => pid)).toEqual([1840, 1900])
    for (const { confidence } of findings[0].candidates) expect(confidence).toBeLessThanOrEqual(0.5)
  })

  test('clear a process whose many handles lead elsewhere', () => {
    const known = threads(136_000, [followed(500, 'busy.exe', 900_000, 300), process(1840, 'agent.exe', 137_000)])
    const { findings, verdict } = judge(known)
    expect(verdict).toBe('culprit')
    expect(findings[0].candidates.map(({ name }) => name)).toEqual(['agent.exe'])
  })

  test('tell what they can where the totals of the type are not in the dump', () => {
    const known = threads(0, [followed(1840, 'agent.exe', 140_000, 136_500)])
    const [{ candidates, summary }] = judge({ ...known, imports: { ...known.imports!, objects: [] } }).findings
    expect(candidates[0]).toMatchObject({ pid: 1840, confidence: expect.closeTo(0.95) })
    expect(summary).toContain("Their type's own totals are not in the dump")
  })
})

test('many handles to few of the objects keep only those: their process is not blamed for the others', () => {
  const holder = (objects: number): HandleUse =>
    followed(1840, 'agent.exe', 140_000, 136_000, { types: [{ tag: 'Thre', handles: 136_000, objects, ended: null }] })
  const few = judge(threads(136_000, [...quiet, holder(12)]))
  expect(few.verdict).toBe('inconclusive')
  expect(few.findings[0].candidates[0].against.map(({ kind }) => kind)).toEqual(['few-objects-held'])
  expect(judge(threads(136_000, [...quiet, holder(120_000)])).verdict).toBe('culprit')
})

describe('threads that run', () => {
  const running = (pid: number, name: string, count: number, ended: number | null): HandleUse =>
    followed(pid, name, count + 1000, count, { types: [{ tag: 'Thre', handles: count, ended }] })

  test('are kept by nobody who has handles to them: whoever starts them is to be looked for', () => {
    const known = threads(136_000, [...quiet, running(372, 'csrss.exe', 135_000, 200)])
    const { verdict, findings } = judge(known)
    expect(verdict).toBe('inconclusive')
    expect(findings[0].candidates[0].against.map(({ kind }) => kind)).toEqual(['still-running'])
    expect(findings[0].summary).toContain('most of those that handles lead to run')
    expect(findings[0].nextStep).toContain('the process with the most threads')
    const ended = threads(136_000, [...quiet, running(372, 'agent.exe', 135_000, 134_000)])
    expect(judge(ended).verdict).toBe('culprit')
  })

  test('and where it is not known whether they run csrss.exe is not accused: it has a handle to each', () => {
    for (const holder of [running(372, 'csrss.exe', 135_000, null), process(372, 'csrss.exe', 137_500)]) {
      const { findings, verdict } = judge(threads(136_000, [...quiet, holder]))
      expect(verdict).toBe('suspects')
      expect(findings[0].candidates[0].confidence).toBeLessThanOrEqual(0.5)
    }
    expect(judge(threads(136_000, [...quiet, running(1840, 'agent.exe', 135_000, null)])).verdict).toBe('culprit')
  })
})

test('objects with hardly a handle are kept by references, and no process is blamed for them', () => {
  const known = threads(900, [...quiet, process(1840, 'agent.exe', 137_500)])
  const { findings, verdict } = judge(known)
  expect(verdict).toBe('inconclusive')
  expect(findings[0].candidates).toEqual([])
  expect(findings[0].summary).toContain('at least 136,129 are kept by references without a handle')
})
