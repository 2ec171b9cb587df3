import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { costTable } from '../../infra/aws/cost-table.ts'

/** A Markdown table's rows, as cells. */
const rowsOf = (markdown: string): string[][] =>
  markdown
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.split('|').map((cell) => cell.replaceAll('*', '').trim()))

test('the README’s dollars per dump are those of the cost table', () => {
  const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')
  const costs = readme.slice(readme.indexOf('### What it costs'), readme.indexOf('### How a dump gets in'))
  const printed = rowsOf(costTable())
  const quoted = rowsOf(costs).filter(([, dump]) => dump !== 'dump')
  expect(quoted.length).toBeGreaterThan(3)
  for (const [, dump, analysis, kept] of quoted) {
    const row = printed.find(([, name]) => name.startsWith(dump))
    expect([dump, row?.[6], row?.[7]]).toEqual([dump, analysis, kept])
  }
  const sums = costTable()
    .split('\n')
    .filter((line) => /^(Told|The wall)/.test(line))
  expect(sums).toHaveLength(2)
  for (const sum of sums.flatMap((line) => line.match(/\$\d+\.\d+/g) ?? [])) expect(costs).toContain(sum)
})
