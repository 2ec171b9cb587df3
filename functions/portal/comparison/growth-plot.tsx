import { useEffect, useRef, useState } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import type { CaseComparison } from '../../../shared/cases/comparison-api.ts'
import { formatBytes, formatCount } from '../format/size.ts'
import { formatTimestamp } from '../format/time.ts'
import { Mono } from '../format/untrusted.tsx'
import type { Row } from './growth-table.tsx'
import { lineColours, textColours } from './plot-colours.ts'
import { timeLabels, timesOf } from './plot-times.ts'

type GrowthPlotProps = {
  readonly comparison: CaseComparison
  readonly rows: readonly Row[]
  readonly figure: 'bytes' | 'outstanding'
}

const height = 300

/** Steps at which sizes are whole: 64 MiB rather than 61.0 MiB. */
const powersOfTwo = Array.from({ length: 50 }, (_, power) => 2 ** power)

/** A line for each tag over the dumps' times, or over their numbers where a time is not known. */
export default function GrowthPlot({ comparison, rows, figure }: GrowthPlotProps) {
  const box = useRef<HTMLDivElement>(null)
  const [pointed, setPointed] = useState<number | null>(null)
  const [mode, setMode] = useState(() => document.body.className)
  const { times, isTime } = timesOf(comparison)
  const format = figure === 'bytes' ? formatBytes : formatCount

  // Colours are drawn into the picture, so it is drawn again when they change.
  useEffect(() => {
    const watcher = new MutationObserver(() => setMode(document.body.className))
    watcher.observe(document.body, { attributeFilter: ['class'] })
    return () => watcher.disconnect()
  }, [])

  useEffect(() => {
    const place = box.current
    if (place === null) return
    const colours = lineColours()
    const { text, grid } = textColours()
    const axis = { stroke: text, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid }, font: '12px Open Sans' }
    const plot = new uPlot(
      {
        width: place.clientWidth,
        height,
        legend: { show: false },
        cursor: { drag: { x: false, y: false }, points: { size: 9 } },
        scales: { x: { time: isTime }, y: { range: (_, __, most) => [0, Math.max(1, most * 1.08)] } },
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
        axes: [
          isTime
            ? { ...axis, values: (_, marks) => timeLabels(marks) }
            : { ...axis, incrs: [1], values: (_, dumps) => dumps.map((dump) => `dump ${dump}`) },
          {
            ...axis,
            size: 84,
            ...(figure === 'bytes' ? { incrs: powersOfTwo } : {}),
            values: (_, values) => values.map((value) => format(value)),
          },
        ],
        series: [
          {},
          ...rows.map((row, index) => ({
            label: row.tag,
            stroke: colours[index],
            width: 2,
            points: { show: true, size: 7, fill: colours[index] },
            ...(row.pool === 'paged' ? { dash: [6, 4] } : {}),
          })),
        ],
        hooks: { setCursor: [({ cursor }) => setPointed(cursor.idx ?? null)], draw: [drawRestarts] },
      },
      [[...times], ...rows.map((row) => [...row[figure]])],
      place,
    )
    function drawRestarts(drawn: uPlot): void {
      const { ctx, bbox } = drawn
      ctx.save()
      ctx.strokeStyle = text
      ctx.setLineDash([2, 4])
      for (const [index, { rebooted }] of comparison.intervals.entries()) {
        if (rebooted !== true) continue
        const x = drawn.valToPos((times[index] + times[index + 1]) / 2, 'x', true)
        ctx.beginPath()
        ctx.moveTo(x, bbox.top)
        ctx.lineTo(x, bbox.top + bbox.height)
        ctx.stroke()
      }
      ctx.restore()
    }
    const fit = new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height }))
    fit.observe(place)
    return () => {
      fit.disconnect()
      plot.destroy()
    }
  }, [comparison, rows, figure, mode])

  const shown = pointed ?? times.length - 1
  const { at } = comparison.dumps[shown]
  return (
    <figure className="growth-plot">
      <div
        ref={box}
        role="img"
        aria-label={`${figure === 'bytes' ? 'Bytes' : 'Blocks'} of each ticked tag over time; the table below has the figures`}
      />
      <figcaption>
        <span className="quiet">
          Dump {shown + 1}
          {at !== null && `, ${formatTimestamp(at)}`}
        </span>
        {rows.map((row, index) => (
          <span key={`${row.pool} ${row.tag}`} className={`plot-key line-${index + 1} ${row.pool}`}>
            <Mono text={row.tag} /> {format(row[figure][shown])}
            {row.pool === 'paged' && <span className="quiet"> paged</span>}
          </span>
        ))}
        {comparison.intervals.some(({ rebooted }) => rebooted === true) && (
          <span className="quiet">Dotted lines: the server was restarted.</span>
        )}
      </figcaption>
    </figure>
  )
}
