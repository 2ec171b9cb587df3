import Button from '@cloudscape-design/components/button'
import { messageOf } from '../api/api-error.ts'
import { formatBytes, formatShare, percentOf } from '../format/size.ts'
import { formatDuration } from '../format/time.ts'
import { Untrusted } from '../format/untrusted.tsx'
import { Notice } from '../notice.tsx'
import type { UploadState } from './upload-session.ts'

type UploadProgressProps = {
  readonly file: File
  readonly state: UploadState
  readonly onCancel: () => void
  readonly onResume: () => void
}

export const UploadProgress = ({ file, state, onCancel, onResume }: UploadProgressProps) => (
  <section className="panel upload-progress" aria-label="Upload">
    <div className="upload-file">
      <strong>
        <Untrusted text={file.name} />
      </strong>
      <span className="quiet nowrap">{formatBytes(file.size)}</span>
    </div>
    {state.phase === 'failed' ? (
      <Notice tone="bad" title="The upload stopped">
        <p>{messageOf(state.error)} What was sent is kept: going on sends only the rest.</p>
        <div className="actions">
          <Button variant="primary" onClick={onResume}>
            Go on
          </Button>
          <Button onClick={onCancel}>Cancel</Button>
        </div>
      </Notice>
    ) : (
      <>
        <Bar file={file} state={state} />
        <div className="upload-foot">
          <p>Keep this page open until the upload is complete.</p>
          <Button onClick={onCancel} disabled={state.phase === 'completing'}>
            Cancel
          </Button>
        </div>
      </>
    )}
  </section>
)

const Bar = ({ file, state }: { readonly file: File; readonly state: UploadState }) => {
  const sent = state.phase === 'sending' ? state.sentBytes : state.phase === 'starting' ? 0 : file.size
  const percent = percentOf(sent, file.size) ?? 100
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
        <Figure name="Sent" value={`${formatBytes(sent)} (${formatShare(sent, file.size)})`} />
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
            {state.retries > 0 && <Figure name="Parts sent again" value={String(state.retries)} />}
          </>
        ) : (
          <Figure name="Now" value={state.phase === 'starting' ? 'Starting …' : 'Completing …'} />
        )}
      </dl>
    </>
  )
}

const Figure = ({ name, value }: { readonly name: string; readonly value: string }) => (
  <div>
    <dt>{name}</dt>
    <dd>{value}</dd>
  </div>
)
