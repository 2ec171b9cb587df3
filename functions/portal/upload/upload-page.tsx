import Button from '@cloudscape-design/components/button'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import { useEffect, useState } from 'react'
import { Link, useNavigate, useSearchParams } from 'react-router'
import { createCase } from '../api/client.ts'
import { caseUploads } from '../api/uploads.ts'
import { FailureNotice } from '../failure-notice.tsx'
import { formatBytes } from '../format/size.ts'
import { Notice } from '../notice.tsx'
import { ChosenFile } from './chosen-file.tsx'
import { FilePicker } from './file-picker.tsx'
import { FirstLookNotice } from './first-look-notice.tsx'
import { LeaveGuard } from './leave-guard.tsx'
import { UnfinishedUploads } from './unfinished-uploads.tsx'
import { UploadProgress } from './upload-progress.tsx'
import { useUpload } from './use-upload.ts'

const longestTitle = 200

const destinationOf = (caseId: string): string => `case ${caseId}`

/** A new case, or with `?case=` one more dump for a case there is. */
export default function UploadPage() {
  const navigate = useNavigate()
  const [search, setSearch] = useSearchParams()
  const caseId = search.get('case')
  const [file, setFile] = useState<File | null>(null)
  const [typedTitle, setTypedTitle] = useState<string | null>(null)
  const [opening, setOpening] = useState<'no' | 'yes' | Error>('no')
  const { state, start, pause, resume, cancel } = useUpload()
  const title = typedTitle ?? file?.name.slice(0, longestTitle) ?? ''
  const under = state !== null && state.phase !== 'cancelled' && state.phase !== 'done'

  useEffect(() => {
    if (state?.phase === 'done' && caseId !== null)
      void navigate(`/cases/${encodeURIComponent(caseId)}`, { replace: true })
  }, [state, navigate, caseId])

  const upload = async (chosen: File): Promise<void> => {
    setOpening('yes')
    try {
      const id = caseId ?? (await createCase({ title: title.trim() }, new AbortController().signal)).caseId
      // From now on this page is about that case: a reload or a failed start makes no second one.
      if (caseId === null) setSearch({ case: id }, { replace: true })
      start(chosen, { name: destinationOf(id), api: caseUploads(id) })
      setOpening('no')
    } catch (error) {
      setOpening(error instanceof Error ? error : new Error(String(error)))
    }
  }

  const heading = caseId === null ? 'New case' : 'Add a dump'
  return (
    <div className="upload-page">
      <title>{`${under ? 'Uploading' : heading} · dumpline`}</title>
      <h1>{under ? 'Uploading a dump' : heading}</h1>
      <LeaveGuard active={under && state.phase !== 'paused'} />
      {state?.phase === 'cancelled' && (
        <Notice tone="neutral" title="The upload was cancelled">
          {caseId !== null && (
            <p>
              Its <Link to={`/cases/${encodeURIComponent(caseId)}`}>case</Link> is still there; a file you choose now
              goes into it.
            </p>
          )}
        </Notice>
      )}
      {opening instanceof Error && <FailureNotice title="The case could not be opened" error={opening} />}
      {under && file !== null ? (
        <UploadProgress file={file} state={state} pause={pause} resume={resume} cancel={cancel} />
      ) : (
        <form
          className="panel upload-form"
          onSubmit={(event) => {
            event.preventDefault()
            if (file !== null && (title.trim() !== '' || caseId !== null)) void upload(file)
          }}
        >
          {caseId !== null && <UnfinishedUploads destination={destinationOf(caseId)} />}
          <FilePicker onFile={setFile} hasFile={file !== null} />
          {file !== null && <ChosenFile file={file} />}
          <FirstLookNotice file={file} />
          {caseId === null && (
            <FormField label="Case title" description="For you and your colleagues, for example server and ticket.">
              <Input
                value={title}
                onChange={({ detail }) => setTypedTitle(detail.value.slice(0, longestTitle))}
                placeholder="The file’s name"
              />
            </FormField>
          )}
          <div className="actions">
            <Button
              variant="primary"
              formAction="submit"
              loading={opening === 'yes'}
              disabled={file === null || (caseId === null && title.trim() === '')}
            >
              {file === null ? 'Upload' : `Upload ${formatBytes(file.size)}`}
            </Button>
          </div>
        </form>
      )}
      <p className="quiet">
        A dump holds whatever was in the server’s memory, possibly passwords and customer data. Upload only what you may
        share.
      </p>
    </div>
  )
}
