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

const process = (pid: number, name: string, handles: number | null): HandleUse => ({ pid, name, handles })
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

test('objects with hardly a handle are kept by references, and no process is blamed for them', () => {
  const known = threads(900, [...quiet, process(1840, 'agent.exe', 137_500)])
  const { findings, verdict } = judge(known)
  expect(verdict).toBe('inconclusive')
  expect(findings[0].candidates).toEqual([])
  expect(findings[0].summary).toContain('kept by references without a handle')
})
