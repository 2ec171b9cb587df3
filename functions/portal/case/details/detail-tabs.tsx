import Tabs from '@cloudscape-design/components/tabs'
import type { ReactNode } from 'react'
import { useSearchParams } from 'react-router'
import type { Analysis } from '../../../../shared/analysis/analysis.ts'
import { formatCount } from '../../format/size.ts'
import { BigAllocationsSection } from './big-allocations-section.tsx'
import { DumpFactsSection } from './dump-facts-section.tsx'
import { ImportersSection } from './importers-section.tsx'
import { MemorySection } from './memory-section.tsx'
import { ModulesSection } from './modules-section.tsx'
import { PoolSection } from './pool-section.tsx'
import type { TranscriptIndex } from './transcript-index.ts'
import { TranscriptSection } from './transcript-section.tsx'
import { UnloadedSection } from './unloaded-section.tsx'

type DetailTabsProps = {
  readonly analysis: Analysis
  readonly transcript: TranscriptIndex
  readonly rawMemory: ReactNode
}

const counted = (label: string, rows: readonly unknown[]): string =>
  rows.length === 0 ? label : `${label} (${formatCount(rows.length)})`

/** Everything the verdict rests on, for looking up. The open tab stands in the address, so that a link keeps it. */
export const DetailTabs = ({ analysis, transcript, rawMemory }: DetailTabsProps) => {
  const [search, setSearch] = useSearchParams()
  const { pool, dump } = analysis
  const tabs = [
    { id: 'memory', label: 'Memory', content: <MemorySection memory={analysis.memory} /> },
    { id: 'pool', label: counted('Pool tags', pool?.tags ?? []), content: <PoolSection pool={pool} /> },
    {
      id: 'importers',
      label: 'Importers',
      content: <ImportersSection analysis={analysis} transcript={transcript} />,
    },
    {
      id: 'modules',
      label: counted('Modules', analysis.modules),
      content: <ModulesSection modules={analysis.modules} />,
    },
    {
      id: 'unloaded',
      label: 'Unloaded',
      content: <UnloadedSection modules={analysis.unloadedModules} />,
    },
    {
      id: 'big',
      label: 'Big allocations',
      content: <BigAllocationsSection allocations={pool?.bigAllocations ?? []} />,
    },
    {
      id: 'transcript',
      label: 'Transcript',
      content: <TranscriptSection transcript={analysis.transcript} />,
    },
    ...(rawMemory === undefined ? [] : [{ id: 'raw', label: 'Raw memory', content: rawMemory }]),
    { id: 'dump', label: 'Dump', content: <DumpFactsSection analysis={analysis} /> },
  ].filter(({ id }) => dump.refusal === undefined || id === 'dump')
  const wanted = search.get('tab')
  const first = dump.refusal !== undefined ? 'dump' : analysis.memory === null ? 'modules' : 'memory'
  const active = tabs.find(({ id }) => id === wanted)?.id ?? first
  return (
    <section className="panel details" aria-label="Details">
      <Tabs
        tabs={tabs}
        activeTabId={active}
        ariaLabel="Details"
        i18nStrings={{ scrollLeftAriaLabel: 'Scroll left', scrollRightAriaLabel: 'Scroll right' }}
        onChange={({ detail }) => {
          const next = new URLSearchParams(search)
          next.set('tab', detail.activeTabId)
          setSearch(next, { replace: true, preventScrollReset: true })
        }}
      />
    </section>
  )
}
