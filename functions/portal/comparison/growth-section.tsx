import { lazy, Suspense, useState } from 'react'
import type { CaseComparison } from '../../../shared/cases/comparison-api.ts'
import { Loading } from '../loading.tsx'
import { SectionBoundary } from '../section-boundary.tsx'
import { changeOf } from './comparison-words.ts'
import { GrowthTable, type Row } from './growth-table.tsx'
import { mostPlotted } from './plot-colours.ts'

const GrowthPlot = lazy(() => import('./growth-plot.tsx'))

/** What is plotted before anybody chooses: what grows, or where nothing does what changed most. */
const firstPlotted = (rows: readonly Row[]): Row[] => {
  const growing = rows.filter(({ grows }) => grows)
  if (growing.length > 0) return growing.slice(0, mostPlotted)
  return rows.toSorted((a, b) => Math.abs(changeOf(b.bytes)) - Math.abs(changeOf(a.bytes))).slice(0, 3)
}

/** Growth per tag: as a picture over time, and as a table whose ticked rows are in the picture. */
export const GrowthSection = ({ comparison }: { readonly comparison: CaseComparison }) => {
  const [figure, setFigure] = useState<'bytes' | 'outstanding'>('bytes')
  // A new comparison begins anew: what was ticked are rows of the old one.
  const [plotted, setPlotted] = useState<{ readonly of: CaseComparison; readonly rows: readonly Row[] } | null>(null)
  const rows = plotted?.of === comparison ? plotted.rows : firstPlotted(comparison.tags)
  return (
    <section className="panel growth" aria-label="Growth per tag">
      <header className="growth-head">
        <h2>Growth per tag</h2>
        <label>
          Show{' '}
          <select value={figure} onChange={({ target }) => setFigure(target.value as typeof figure)}>
            <option value="bytes">bytes</option>
            <option value="outstanding">blocks</option>
          </select>
        </label>
      </header>
      {comparison.dumps.length > 1 && rows.length > 0 && (
        <SectionBoundary what="The plot">
          <Suspense fallback={<Loading what="the plot" />}>
            <GrowthPlot comparison={comparison} rows={rows} figure={figure} />
          </Suspense>
        </SectionBoundary>
      )}
      <GrowthTable
        rows={comparison.tags}
        plotted={rows}
        plot={(chosen) => setPlotted({ of: comparison, rows: chosen.slice(0, mostPlotted) })}
      />
    </section>
  )
}
