import Button from '@cloudscape-design/components/button'
import type { UploadState } from '../../../shared/upload/upload-session.ts'
import { messageOf } from '../api/api-error.ts'
import { formatBytes, formatShare, percentOf } from '../format/size.ts'
import { formatDuration } from '../format/time.ts'
import { Notice } from '../notice.tsx'
import { ChosenFile } from './chosen-file.tsx'
import type { UploadControl } from './use-upload.ts'

type UploadProgressProps = Omit<UploadControl, 'start' | 'state'> & {
  readonly file: File
  readonly state: UploadState
}

/** A running upload: how far it is, and whatever can be done about it. */
export const UploadProgress = ({ file, state, pause, resume, cancel }: UploadProgressProps) => (
  <section className="panel upload-progress" aria-label="Upload">
    <ChosenFile file={file} />
    {state.phase === 'failed' ? (
      <Notice tone="bad" title="The upload stopped">
        <p>{messageOf(state.error)} What was sent is kept: going on sends only the rest.</p>
        <div className="actions">
          <Button variant="primary" onClick={resume}>
            Go on
          </Button>
          <Button onClick={cancel}>Cancel</Button>
        </div>
      </Notice>
    ) : (
      <>
        <Bar file={file} state={state} />
        {state.phase === 'sending' && state.isLost && (
          <Notice tone="caution" title="There is no connection at the moment">
            <p>The upload goes on by itself as soon as there is one. Nothing is lost.</p>
          </Notice>
        )}
        <div className="upload-foot">
          <p>{footOf(state)}</p>
          <div className="actions">
            {state.phase === 'paused' ? (
              <Button variant="primary" onClick={resume}>
                Go on
              </Button>
            ) : (
              <Button onClick={pause} disabled={state.phase !== 'sending'}>
                Pause
              </Button>
            )}
            <Button onClick={cancel} disabled={state.phase === 'completing'}>
              Cancel
            </Button>
          </div>
        </div>
      </>
    )}
  </section>
)

const footOf = ({ phase }: UploadState): string =>
  phase === 'paused'
    ? 'Paused. What has arrived is kept; you may close this page and go on another day.'
    : 'Keep this page open. If it is closed, choose the same file here again and only the rest is sent.'

const arrivedOf = (state: UploadState, fileBytes: number): number => {
  if (state.phase === 'sending' || state.phase === 'paused') return state.arrivedBytes
  return state.phase === 'starting' ? 0 : fileBytes
}

const Bar = ({ file, state }: { readonly file: File; readonly state: UploadState }) => {
  const arrived = arrivedOf(state, file.size)
  const percent = percentOf(arrived, file.size) ?? 100
  return (
    <>
      <div
        className="upload-bar"
        role="progressbar"
        aria-label="Bytes sent"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
      >
        <span style={{ width: `${percent}%` }} />
      </div>
      <dl className="upload-figures">
        <Figure name="Sent" value={`${formatBytes(arrived)} (${formatShare(arrived, file.size)})`} />
        {state.phase === 'sending' ? (
          <>
            <Figure
              name="Speed"
              value={state.bytesPerSecond === null ? '–' : `${formatBytes(Math.round(state.bytesPerSecond))}/s`}
            />
            <Figure
              name="Time left"
              value={state.millisecondsLeft === null ? '–' : formatDuration(Math.max(1000, state.millisecondsLeft))}
            />
            {state.keptBytes > 0 && <Figure name="Was there already" value={formatBytes(state.keptBytes)} />}
            {state.retries > 0 && <Figure name="Parts sent again" value={String(state.retries)} />}
          </>
        ) : (
          <Figure name="Now" value={nowOf(state)} />
        )}
      </dl>
    </>
  )
}

const nowOf = ({ phase }: UploadState): string => {
  if (phase === 'starting') return 'Starting …'
  return phase === 'paused' ? 'Paused' : 'Completing …'
}

const Figure = ({ name, value }: { readonly name: string; readonly value: string }) => (
  <div>
    <dt>{name}</dt>
    <dd>{value}</dd>
  </div>
)
