import type { BatchStatus } from '../../../shared/cases/batches/batch.ts'
import type { BatchAction } from '../../../shared/cases/batches/batch-transitions.ts'
import type { Tone } from '../verdict/verdict-words.ts'

export const batchWords: Record<BatchStatus, { readonly label: string; readonly tone: Tone }> = {
  planning: { label: 'Planning', tone: 'busy' },
  planned: { label: 'Planned', tone: 'neutral' },
  trying: { label: 'Dry run', tone: 'busy' },
  tried: { label: 'Dry run done', tone: 'neutral' },
  running: { label: 'Running', tone: 'busy' },
  paused: { label: 'Paused', tone: 'caution' },
  done: { label: 'To be reviewed', tone: 'caution' },
  cancelled: { label: 'Cancelled', tone: 'neutral' },
  publishing: { label: 'Publishing', tone: 'busy' },
  published: { label: 'Published', tone: 'good' },
  'moving-back': { label: 'Moving back', tone: 'busy' },
  'moved-back': { label: 'Moved back', tone: 'neutral' },
}

type ActionWords = {
  readonly label: string
  readonly primary?: true
  /** What the person is asked before it is done. */
  readonly confirm?: string
}

export const actionWords: Record<BatchAction, ActionWords> = {
  'dry-run': { label: 'Dry run' },
  start: { label: 'Start', primary: true },
  pause: { label: 'Pause' },
  resume: { label: 'Resume', primary: true },
  cancel: { label: 'Cancel', confirm: 'What waits will not be done. What is done can still be published.' },
  publish: {
    label: 'Publish',
    primary: true,
    confirm: 'The cases move to their new analyses. They can be moved back.',
  },
  'move-back': { label: 'Move back', confirm: 'The cases show the analyses again that they showed before.' },
}

/** Whether a batch goes on by itself, so that looking again is worth it. */
export const goesOn = (status: BatchStatus): boolean => batchWords[status].tone === 'busy'

export const formatDollars = (value: number): string =>
  value === 0 ? '$0' : value < 0.01 ? `$${value.toPrecision(2)}` : `$${value.toFixed(2)}`
