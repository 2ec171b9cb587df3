import type { BatchView } from '../../../shared/cases/batches/reprocessing-api.ts'
import { formatBytes, formatCount } from '../format/size.ts'
import { formatDuration } from '../format/time.ts'
import { formatDollars } from './batch-words.ts'

type Part = { readonly label: string; readonly count: number; readonly tone: string }

/** How far the batch is, counted from its dumps: the parts add up to all of them. */
export const ProgressSection = ({ view: { batch, plan, progress } }: { readonly view: BatchView }) => {
  const parts: Part[] = [
    { label: 'changed', count: progress.changed, tone: 'busy' },
    { label: 'same', count: progress.same, tone: 'good' },
    { label: 'failed', count: progress.failed, tone: 'bad' },
    { label: 'impossible', count: progress.impossible, tone: 'caution' },
    { label: 'cancelled', count: progress.cancelled, tone: 'neutral' },
    { label: 'running', count: progress.running, tone: 'running' },
    { label: 'waiting', count: progress.waiting, tone: 'waiting' },
  ]
  const stages = Object.entries(plan.beginAt).map(
    ([stage, dumps]) => `${formatCount(dumps)} from the stage ${stage} on`,
  )
  return (
    <section className="panel" aria-label="Progress">
      <div className="batch-bar" aria-hidden="true">
        {parts.map(
          ({ label, count, tone }) =>
            count > 0 && <span key={label} className={`batch-part part-${tone}`} style={{ flexGrow: count }} />,
        )}
      </div>
      <dl className="batch-counts">
        {parts.map(({ label, count, tone }) => (
          <div key={label}>
            <dt>
              <span className={`batch-dot part-${tone}`} aria-hidden="true" /> {label}
            </dt>
            <dd>{formatCount(count)}</dd>
          </div>
        ))}
        <div>
          <dt>in all</dt>
          <dd>{formatCount(progress.items)}</dd>
        </div>
      </dl>
      <p className="quiet">
        {formatCount(plan.dumps)} {plan.dumps === 1 ? 'dump' : 'dumps'} of {formatCount(plan.cases)}{' '}
        {plan.cases === 1 ? 'case' : 'cases'}, {formatBytes(plan.bytes)}. Estimated{' '}
        {formatDollars(plan.estimatedDollars)} and {formatDuration(plan.estimatedSeconds * 1000)}; spent{' '}
        {formatDollars(progress.spent)}
        {batch.settings.budgetDollars !== null && ` of ${formatDollars(batch.settings.budgetDollars)}`}.
        {stages.length > 0 && ` To run: ${stages.join(', ')}.`}
        {plan.refused > 0 && ` ${formatCount(plan.refused)} could not be read by the earlier engine.`}
        {batch.cutOff && ' The plan was cut off: more dumps match than one batch takes. Make another one for the rest.'}
      </p>
      {progress.published + progress.kept + progress.movedBack > 0 && (
        <p>
          Published {formatCount(progress.published)}, left as they stand {formatCount(progress.kept)}, moved back{' '}
          {formatCount(progress.movedBack)}.
        </p>
      )}
    </section>
  )
}
