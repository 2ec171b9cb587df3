import type { StageRecord } from '../../../shared/cases/records.ts'
import { useMay } from '../identity/use-session.ts'
import { LinkButton } from '../link-button.tsx'
import { ToneLabel } from '../verdict/tone-label.tsx'
import type { Tone } from '../verdict/verdict-words.ts'
import type { CaseState } from './case-state.ts'
import { currentStep } from './stage-progress.ts'

type Banner = { readonly tone: Tone; readonly label: string; readonly headline: string; readonly detail: string }

const failedNote = (stages: readonly StageRecord[]): string =>
  stages.find(({ status }) => status === 'failed')?.note ?? 'The stages below say how far it came.'

const bannerOf = (state: CaseState): Banner => {
  switch (state.phase) {
    case 'empty':
      return {
        tone: 'neutral',
        label: 'No dump',
        headline: 'This case has no dump yet.',
        detail: 'Upload one, and the analysis starts by itself.',
      }
    case 'uploading':
      return {
        tone: 'busy',
        label: 'Uploading',
        headline: 'The dump is still on its way.',
        detail:
          'Whoever sends it can pause and go on later; an upload that nobody finishes is given up after two weeks.',
      }
    case 'aborted':
      return {
        tone: 'neutral',
        label: state.dump.note ? 'Upload given up' : 'Upload cancelled',
        headline: state.dump.note ? 'The upload was never finished.' : 'The upload was cancelled.',
        detail: `${state.dump.note ?? 'Nothing was analysed.'} Upload the dump again to go on.`,
      }
    case 'same-as':
      return {
        tone: 'neutral',
        label: 'Known dump',
        headline: 'This very dump was uploaded before.',
        detail: 'Its bytes are those of a dump that is analysed already, so it is not analysed a second time.',
      }
    case 'waiting':
      return {
        tone: 'busy',
        label: 'Waiting',
        headline: 'The dump has arrived; its analysis is about to start.',
        detail: 'This page follows by itself.',
      }
    case 'failed':
      return {
        tone: 'bad',
        label: 'Analysis failed',
        headline: 'The analysis could not be finished.',
        detail: failedNote(state.stages),
      }
    case 'running':
    case 'done':
      return {
        tone: 'busy',
        label: 'Analysing',
        headline: 'The dump is being analysed.',
        detail: currentStep(state.stages) ?? 'Putting the result together.',
      }
  }
}

const dumpAddress = ({ caseId, dumpId }: { caseId: string; dumpId: string }): string =>
  `/cases/${encodeURIComponent(caseId)}?dump=${encodeURIComponent(dumpId)}`

/** Stands where the verdict will be, and says why there is none yet. */
export const StateBanner = ({ state, caseId }: { readonly state: CaseState; readonly caseId: string }) => {
  const { tone, label, headline, detail } = bannerOf(state)
  const mayWrite = useMay('cases:write')
  return (
    <section className={`verdict tone-${tone}`} aria-live="polite">
      <ToneLabel tone={tone} label={label} />
      <p className="headline">{headline}</p>
      <p className="under-headline">{detail}</p>
      {state.phase === 'same-as' && (
        <LinkButton to={dumpAddress(state.original)} variant="primary">
          See that dump
        </LinkButton>
      )}
      {mayWrite && ['empty', 'uploading', 'aborted'].includes(state.phase) && (
        <LinkButton
          to={`/upload?case=${encodeURIComponent(caseId)}`}
          variant={state.phase === 'uploading' ? 'normal' : 'primary'}
        >
          Upload a dump
        </LinkButton>
      )}
    </section>
  )
}
