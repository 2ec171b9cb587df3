import type { Analysis } from '../analysis/analysis.ts'
import type { DumpFacts } from '../analysis/dump-facts.ts'
import type { Candidate, Finding } from '../analysis/finding.ts'
import type { MemoryUsage } from '../analysis/memory-usage.ts'
import { isUntaggedAllocator } from '../imports/allocators.ts'

/** A report before it has a form: text and Markdown are both made of this. */
export type Block =
  | { readonly kind: 'paragraph'; readonly text: string }
  | { readonly kind: 'list'; readonly title: string; readonly items: readonly string[] }
  | { readonly kind: 'table'; readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] }
  | { readonly kind: 'code'; readonly text: string }

export type Section = { readonly title: string; readonly blocks: readonly Block[] }

export type ReportOptions = { readonly transcript: boolean }

/** How many tags a report shows: those that a person looks at. The accounting lists the biggest non-paged first. */
const tagsShown = 10
const importersShown = 20

/** The whole analysis for a person to read: what was concluded first, then what it rests on. */
export const reportOf = (analysis: Analysis, options: ReportOptions): Section[] => {
  const { findings, memory, pool, coverage, transcript } = analysis
  const sections: (Section | null)[] = [
    { title: analysis.headline, blocks: [{ kind: 'paragraph', text: `Verdict: ${analysis.verdict}` }] },
    ...findings.map(findingSection),
    { title: 'Dump', blocks: [table(['', ''], dumpRows(analysis.dump))] },
    memory === null
      ? null
      : { title: 'Virtual memory (!vm)', blocks: [table(['', 'pages', 'source'], memoryRows(memory))] },
    pool === null || pool.tags.length === 0
      ? null
      : {
          title: `Pool by tag (!poolused)${pool.lowerBound ? ', at least' : ''}`,
          blocks: [table(['tag', 'nonpaged blocks', 'bytes', 'paged blocks', 'bytes', 'owner'], tagRows(pool.tags))],
        },
    importersSection(analysis),
    coverage.length === 0
      ? null
      : {
          title: 'Coverage',
          blocks: [
            table(
              ['area', 'wanted bytes', 'read bytes', 'note'],
              coverage.map(({ area, wantedBytes, readBytes, note }) => [
                area,
                String(wantedBytes),
                String(readBytes),
                note ?? '',
              ]),
            ),
          ],
        },
    options.transcript && transcript.length > 0
      ? {
          title: 'Transcript',
          blocks: transcript.map(({ command, output }) => ({
            kind: 'code' as const,
            text: `kd> ${command}\n${output}`,
          })),
        }
      : null,
    { title: 'Made by', blocks: [{ kind: 'paragraph', text: madeBy(analysis) }] },
  ]
  return sections.filter((section) => section !== null)
}

export const table = (columns: readonly string[], rows: readonly (readonly string[])[]): Block => ({
  kind: 'table',
  columns,
  rows,
})

/** A finding for a person to read: its summary, each candidate with what speaks for and against it, the next step. */
export const findingSection = (finding: Finding): Section => ({
  title: `${finding.status}: ${finding.kind}${finding.tag === null ? '' : `, tag ${finding.tag}`}`,
  blocks: [
    { kind: 'paragraph', text: finding.summary },
    ...finding.candidates.flatMap(candidateBlocks),
    { kind: 'paragraph', text: `Next step: ${finding.nextStep}` },
  ],
})

const candidateBlocks = (candidate: Candidate): Block[] => {
  const { name, base, confidence } = candidate
  const where = base === null ? '' : ` at ${base}`
  const items = (evidence: Candidate['for'], sign: string): string[] =>
    evidence.map(({ statement, weight }) => `${statement} (${sign}${weight})`)
  const blocks: Block[] = [{ kind: 'paragraph', text: `${name}${where}, confidence ${confidence}` }]
  if (candidate.for.length > 0) blocks.push({ kind: 'list', title: 'For', items: items(candidate.for, '+') })
  if (candidate.against.length > 0)
    blocks.push({ kind: 'list', title: 'Against', items: items(candidate.against, '-') })
  return blocks
}

const dumpRows = (dump: DumpFacts): string[][] => {
  const { bugcheck, physicalPages: pages } = dump
  const rows: [string, string | null][] = [
    ['format', `${dump.format}${dump.truncated ? ', truncated' : ''}, ${dump.bytes} bytes`],
    ['system', dump.build === null ? dump.architecture : `${dump.architecture}, build ${dump.build}`],
    ['bugcheck', bugcheck && `${bugcheck.code} ${bugcheck.name ?? ''} (${bugcheck.parameters.join(', ')})`],
    ['crashed at', dump.crashedAt],
    ['up for', dump.uptimeSeconds === null ? null : `${Math.round(dump.uptimeSeconds)} s`],
    ['pages', pages && `${pages.present} of ${pages.expected} in the file`],
    ['refused', dump.refusal?.code ?? null],
  ]
  return rows.filter((row): row is [string, string] => row[1] !== null)
}

const memoryRows = (memory: MemoryUsage): string[][] => {
  const { nonPagedPool, pagedPool } = memory
  const lines: [string, string, number | null][] = [
    ['Physical memory', 'physicalPages', memory.physicalPages],
    ['Available', 'availablePages', memory.availablePages],
    ['Resident available', 'residentAvailablePages', memory.residentAvailablePages],
    ['Locked I/O', 'lockedIoPages', memory.lockedIoPages],
    ['Free system PTEs', 'freeSystemPtes', memory.freeSystemPtes],
    ['Modified', 'modifiedPages', memory.modifiedPages],
    ['NonPagedPool usage', 'nonPagedPool.usedPages', nonPagedPool.usedPages],
    ['NonPagedPool maximum', 'nonPagedPool.maximumPages', nonPagedPool.maximumPages],
    ['PagedPool usage', 'pagedPool.usedPages', pagedPool.usedPages],
    ['PagedPool maximum', 'pagedPool.maximumPages', pagedPool.maximumPages],
    ['Committed', 'committedPages', memory.committedPages],
    ['Commit limit', 'commitLimitPages', memory.commitLimitPages],
    ['Failed pool allocations', 'failedAllocations', memory.failedAllocations],
  ]
  return lines.map(([label, path, pages]) => [label, pages === null ? '-' : String(pages), memory.sources[path] ?? ''])
}

const tagRows = (tags: NonNullable<Analysis['pool']>['tags']): string[][] =>
  tags
    .slice(0, tagsShown)
    .map(({ tag, nonPaged, paged, owner, meaning }) => [
      tag,
      String(nonPaged.outstanding),
      String(nonPaged.bytes),
      String(paged.outstanding),
      String(paged.bytes),
      [owner, meaning].filter((part) => part !== null).join(': '),
    ])

const importersSection = ({ importers }: Analysis): Section | null => {
  const untagged = importers.filter(({ allocator }) => isUntaggedAllocator(allocator))
  if (untagged.length === 0) return null
  const rows = untagged
    .slice(0, importersShown)
    .map(({ module, address, allocator, kind, callSites }) => [
      module,
      address,
      allocator,
      kind,
      callSites === null ? 'not known' : String(callSites),
    ])
  const more = untagged.length - rows.length
  return {
    title: 'Who holds an untagged allocator',
    blocks: [
      table(['module', 'address', 'routine', 'kind', 'call sites'], rows),
      ...(more > 0 ? [{ kind: 'paragraph' as const, text: `${more} more are in the JSON document.` }] : []),
    ],
  }
}

const madeBy = ({ engine, cost }: Analysis): string => {
  const data = Object.entries(engine.data).map(([name, version]) => `${name} ${version}`)
  return `dumpline ${engine.version} (${data.join(', ')}); ${cost.bytesRead} bytes in ${cost.reads} reads, ${cost.milliseconds} ms`
}
