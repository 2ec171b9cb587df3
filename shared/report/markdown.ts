import type { Analysis } from '../analysis/analysis.ts'
import { type Block, type ReportOptions, reportOf } from './document.ts'
import { printable } from './printable.ts'

/** The report for a ticket: Markdown with one first-level heading, the headline. */
export const markdownReport = (analysis: Analysis, options: ReportOptions): string => {
  const sections = reportOf(analysis, options).map(({ title, blocks }, index) =>
    [`${index === 0 ? '#' : '##'} ${escaped(title)}`, ...blocks.map(blockMarkdown)].join('\n\n'),
  )
  return `${printable(sections.join('\n\n'))}\n`
}

const blockMarkdown = (block: Block): string => {
  if (block.kind === 'code') return fenced(block.text)
  if (block.kind === 'paragraph') return escaped(block.text)
  if (block.kind === 'list')
    return [`${block.title}:`, '', ...block.items.map((item) => `- ${escaped(item)}`)].join('\n')
  const row = (cells: readonly string[]): string => `| ${cells.map((cell) => escaped(cell)).join(' | ')} |`
  return [row(block.columns), row(block.columns.map(() => '---')), ...block.rows.map(row)].join('\n')
}

/** Names and sentences hold data out of a dump: none of it is markup. */
const escaped = (text: string): string => text.replace(/[\\`*_{}[\]<>#|]/g, '\\$&').replace(/\r?\n/g, ' ')

/** A fence longer than any run of backticks inside: 64-bit addresses hold them. */
const fenced = (text: string): string => {
  let longest = 2
  for (const [run] of text.matchAll(/`+/g)) longest = Math.max(longest, run.length)
  const fence = '`'.repeat(longest + 1)
  return `${fence}\n${text}\n${fence}`
}
