import type { Analysis } from '../analysis/analysis.ts'
import { type Block, type ReportOptions, reportOf, type Section } from './document.ts'
import { printable } from './printable.ts'

/** The report for a terminal: lines of plain text, sections underlined, columns aligned. */
export const textReport = (analysis: Analysis, options: ReportOptions): string =>
  sectionsText(reportOf(analysis, options))

/** Sections of any report as lines of plain text. */
export const sectionsText = (sections: readonly Section[]): string =>
  printable(
    sections
      .map(({ title, blocks }) =>
        [`${title}\n${'-'.repeat(Math.min(title.length, 100))}`, ...blocks.map(blockText)].join('\n'),
      )
      .join('\n\n'),
  ).concat('\n')

const blockText = (block: Block): string => {
  if (block.kind === 'list') return [`  ${block.title}:`, ...block.items.map((item) => `    - ${item}`)].join('\n')
  if (block.kind === 'table') return tableText(block.columns, block.rows)
  return block.text
}

const tableText = (columns: readonly string[], rows: readonly (readonly string[])[]): string => {
  const all = columns.some((column) => column !== '') ? [columns, ...rows] : rows
  const widths = columns.map((_, index) => all.reduce((most, row) => Math.max(most, row[index]?.length ?? 0), 0))
  const numeric = columns.map((_, index) => rows.every((row) => /^(\d+|-|)$/.test(row[index] ?? '')))
  const cell = (text: string, index: number): string =>
    numeric[index] ? text.padStart(widths[index]) : text.padEnd(widths[index])
  return all.map((row) => `  ${row.map(cell).join('  ')}`.trimEnd()).join('\n')
}
