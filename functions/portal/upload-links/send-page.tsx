import Button from '@cloudscape-design/components/button'
import { useCallback, useEffect, useState } from 'react'
import { useParams } from 'react-router'
import type { OpenUploadLink } from '../../../shared/cases/links/upload-api.ts'
import { ApiError, messageOf } from '../api/api-error.ts'
import { getOpenLink, linkUploads } from '../api/uploads.ts'
import { usePolled } from '../api/use-polled.ts'
import { CopyButton } from '../copy-button.tsx'
import { formatBytes } from '../format/size.ts'
import { formatMoment } from '../format/time.ts'
import { Untrusted } from '../format/untrusted.tsx'
import { visibleText } from '../format/visible-text.ts'
import { Loading } from '../loading.tsx'
import { Notice } from '../notice.tsx'
import { ChosenFile } from '../upload/chosen-file.tsx'
import { FilePicker } from '../upload/file-picker.tsx'
import { BetterDump, FirstLookNotice } from '../upload/first-look-notice.tsx'
import { LeaveGuard } from '../upload/leave-guard.tsx'
import { UnfinishedUploads } from '../upload/unfinished-uploads.tsx'
import { UploadProgress } from '../upload/upload-progress.tsx'
import { useUpload } from '../upload/use-upload.ts'
import { CommandLines } from './command-lines.tsx'

const fetchedOnce = (): boolean => true

/** All that whoever holds an upload link ever sees: who asks for a dump, what it may hold, and how to send it. */
export default function SendPage() {
  const { token = '' } = useParams()
  const load = useCallback((signal: AbortSignal) => getOpenLink(token, signal), [token])
  const { value: link, error, refresh } = usePolled(`link ${token}`, load, fetchedOnce)
  if (link !== undefined) return <Sending token={token} link={link} refresh={refresh} />
  if (error === undefined) return <Loading what="the page" />
  const isClosed = error instanceof ApiError && error.status === 404
  return (
    <main className="message-page">
      <title>Upload link</title>
      <h1>{isClosed ? 'This link is not open' : 'This page cannot be shown right now'}</h1>
      <p>
        {isClosed
          ? 'The link is incomplete, was revoked or has expired. Ask whoever sent it to you for a new one.'
          : messageOf(error)}
      </p>
      {!isClosed && <Button onClick={refresh}>Try again</Button>}
    </main>
  )
}

type SendingProps = { readonly token: string; readonly link: OpenUploadLink; readonly refresh: () => void }

const Sending = ({ token, link, refresh }: SendingProps) => {
  const [file, setFile] = useState<File | null>(null)
  const { state, start, pause, resume, cancel } = useUpload()
  const under = state !== null && state.phase !== 'cancelled' && state.phase !== 'done'
  const destination = `link ${token.slice(0, 8)}`
  const tooLarge = file !== null && file.size > link.bytesLeft
  const company = visibleText(link.company)

  useEffect(() => {
    if (state?.phase === 'done' || state?.phase === 'cancelled') refresh()
  }, [state?.phase, refresh])

  return (
    <main className="upload-page send-page">
      <title>{`${under ? 'Sending' : 'Send'} a memory dump to ${company}`}</title>
      <h1>
        Send a memory dump to <Untrusted text={link.company} />
      </h1>
      {!under && link.dumpsLeft > 0 && state?.phase !== 'done' && <Asked link={link} />}
      <LeaveGuard active={under && state.phase !== 'paused'} />
      {state?.phase === 'done' && file !== null && (
        <Notice tone="good" title="The dump has arrived">
          <p>
            <Untrusted text={file.name} /> is complete, and its bytes were verified. <Untrusted text={link.company} />{' '}
            has been told; there is nothing more to do, and you may close this page.
          </p>
        </Notice>
      )}
      {state?.phase === 'cancelled' && (
        <Notice tone="neutral" title="The upload was cancelled">
          <p>What had arrived is deleted.</p>
        </Notice>
      )}
      {under && file !== null && (
        <UploadProgress file={file} state={state} pause={pause} resume={resume} cancel={cancel} />
      )}
      {!under && link.dumpsLeft === 0 && state?.phase !== 'done' && (
        <Notice tone="neutral" title="This link has been used up">
          <p>It takes no more dumps. Ask whoever sent it to you for a new one.</p>
        </Notice>
      )}
      {!under && link.dumpsLeft > 0 && (
        <form
          className="panel upload-form"
          onSubmit={(event) => {
            event.preventDefault()
            if (file !== null && !tooLarge) start(file, { name: destination, api: linkUploads(token) })
          }}
        >
          <UnfinishedUploads destination={destination} />
          <FilePicker onFile={setFile} hasFile={file !== null} />
          {file !== null && state?.phase !== 'done' && (
            <>
              <ChosenFile file={file} />
              <FirstLookNotice file={file} />
              {tooLarge && (
                <Notice tone="bad" title="This file is larger than the link allows">
                  <p>It takes {formatBytes(link.bytesLeft)} more. Ask whoever sent it to you for another link.</p>
                </Notice>
              )}
              <div className="actions">
                <Button variant="primary" formAction="submit" disabled={tooLarge}>
                  {`Send ${formatBytes(file.size)}`}
                </Button>
              </div>
            </>
          )}
        </form>
      )}
      <About link={link} />
      {link.dumpsLeft > 0 && (
        <>
          <CommandLines token={token} />
          <BetterDump summary="No MEMORY.DMP there? How to have Windows write one" />
        </>
      )}
    </main>
  )
}

/** What is wanted, and where it is: the customer may read this on a phone, far from the server. */
const Asked = ({ link }: { readonly link: OpenUploadLink }) => (
  <div className="asked">
    <p>
      A memory dump is the file that Windows writes when it crashes. <Untrusted text={link.company} /> asks you for one
      to find out which program uses up a server’s memory.
    </p>
    <p className="elsewhere">
      Is the file on another computer? Open this page there.{' '}
      <CopyButton text={location.href} label="Copy its address" />
    </p>
  </div>
)

const About = ({ link }: { readonly link: OpenUploadLink }) => (
  <section className="about-dump" aria-label="What you are sending">
    <h2>What a dump holds</h2>
    <p>
      A copy of the server’s memory at the moment it was written: which drivers and programs ran, and whatever data was
      in use. That may include passwords, keys and personal data. Send it only if you may.
    </p>
    <h2>What happens with it</h2>
    <p>
      It goes encrypted, straight into <Untrusted text={link.company} />
      ’s storage, and stays encrypted there. A program looks in it for what uses up the server’s memory;{' '}
      <Untrusted text={link.company} />
      ’s engineers see what it found and, where they need to, the dump itself, and each time they do is recorded. Nobody
      else who has this link can see what you send.
    </p>
    {link.dumpsLeft > 0 && (
      <p className="quiet">
        This link is open until {formatMoment(link.expiresAt)}, for{' '}
        {link.dumpsLeft === 1 ? 'one dump' : `${link.dumpsLeft} dumps`} of up to {formatBytes(link.bytesLeft)} in all.
        Whoever has it can send dumps, so keep it to yourself.
      </p>
    )}
  </section>
)
