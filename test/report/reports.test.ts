import { expect, test } from 'vitest'
import { markdownReport } from '../../shared/report/markdown.ts'
import { textReport } from '../../shared/report/text.ts'
import { assemble, verdictStage } from '../../shared/stages/verdict.ts'
import { importer, knowledge, searched } from '../verdict/knowledge.ts'

const cost = { bytesRead: 4096, reads: 1, milliseconds: 2, peakMemoryBytes: 8192 }

const analysisOf = (driver: string) => {
  const known = knowledge({ imports: searched([importer(driver, '0xf50b3000')]) })
  const rest = { coverage: [], transcript: [], cost }
  const header = { dump: known.dump, modules: [...known.modules], unloadedModules: [], memory: known.memory, ...rest }
  const imports = {
    ...searched([importer(driver, '0xf50b3000')]),
    allocators: [],
    importers: [importer(driver, '0xf50b3000')],
    importTables: { ...searched([]).importTables },
    readBytes: {},
    searchedTags: [],
    tagUses: [],
    objects: [],
    processes: [],
    ...rest,
    transcript: [{ command: '!lmi f50b8058', output: '``` f50b`8058' }],
  }
  const pool = { pool: known.pool, contents: [...known.contents], ...rest }
  return assemble(verdictStage(header, pool, imports), [cost, cost])
}

test('the text report says what was concluded, on what evidence, and what to do', () => {
  const report = textReport(analysisOf('leaky.sys'), { transcript: false })
  const lines = report.split('\n')
  expect(lines[0]).toContain('leaky.sys is the only driver that imports ExAllocatePool.')
  expect(report).toContain('Verdict: culprit')
  expect(report).toMatch(
    /For:\n +- leaky\.sys holds the address of nt!ExAllocatePool in its import table, at 0xf50b8058/,
  )
  expect(report).toMatch(/NonPagedPool usage +31369/)
  expect(report).toMatch(/None +246479 +50827424/)
  expect(report).toContain('Next step: ')
  expect(report).not.toContain('kd> ')
  expect(textReport(analysisOf('leaky.sys'), { transcript: true })).toContain('kd> !lmi f50b8058')
})

test('costs add up, the peak does not', () => {
  expect(analysisOf('leaky.sys').cost).toEqual({ bytesRead: 8192, reads: 2, milliseconds: 4, peakMemoryBytes: 8192 })
})

test('a name out of the dump commands no terminal and marks up nothing', () => {
  const name = 'a\u001b[31m|<b>_\u202e`.sys'
  const text = textReport(analysisOf(name), { transcript: false })
  expect(text).toContain('a\\u001b[31m|<b>_\\u202e`.sys')
  for (const unsafe of ['\u001b', '\u202e']) expect(text).not.toContain(unsafe)
  const markdown = markdownReport(analysisOf(name), { transcript: true })
  expect(markdown).toContain('\\u001b\\[31m\\|\\<b\\>\\_\\u202e\\`.sys')
  expect(markdown).not.toMatch(/[^\\]<b/)
  expect(markdown).toContain('````\nkd> !lmi f50b8058\n``` f50b`8058\n````')
})

test('a transcript of more backticks than a call takes arguments is fenced', () => {
  const analysis = analysisOf('leaky.sys')
  const transcript = [{ command: 'lm', output: '`````` '.concat('` '.repeat(200_000)) }]
  expect(markdownReport({ ...analysis, transcript }, { transcript: true })).toContain('```````\nkd> lm')
})
