import Button from '@cloudscape-design/components/button'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import { useEffect, useState } from 'react'
import { Link, useNavigate, useSearchParams } from 'react-router'
import { formatBytes } from '../format/size.ts'
import { Untrusted } from '../format/untrusted.tsx'
import { Notice } from '../notice.tsx'
import { FilePicker } from './file-picker.tsx'
import { LeaveGuard } from './leave-guard.tsx'
import { UploadProgress } from './upload-progress.tsx'
import { useFirstLook } from './use-first-look.ts'
import { useUpload } from './use-upload.ts'

const longestTitle = 200

/** A new case, or with `?case=` one more dump for a case there is. */
export default function UploadPage() {
  const navigate = useNavigate()
  const [search, setSearch] = useSearchParams()
  const caseId = search.get('case')
  const [file, setFile] = useState<File | null>(null)
  const [typedTitle, setTypedTitle] = useState<string | null>(null)
  const warning = useFirstLook(file)
  const { state, start, resume, cancel } = useUpload()
  const title = typedTitle ?? file?.name.slice(0, longestTitle) ?? ''
  const under = state !== null && state.phase !== 'cancelled' && state.phase !== 'done'

  useEffect(() => {
    if (state?.phase === 'done') void navigate(`/cases/${encodeURIComponent(state.caseId)}`, { replace: true })
    if (state?.phase === 'cancelled' && state.caseId !== null) setSearch({ case: state.caseId }, { replace: true })
  }, [state, navigate, setSearch])

  const heading = caseId === null ? 'New case' : 'Add a dump'
  return (
    <div className="upload-page">
      <title>{`${under ? 'Uploading' : heading} · dumpline`}</title>
      <h1>{heading}</h1>
      <LeaveGuard active={under} />
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
      {under && file !== null ? (
        <UploadProgress file={file} state={state} onCancel={cancel} onResume={resume} />
      ) : (
        <form
          className="panel upload-form"
          onSubmit={(event) => {
            event.preventDefault()
            if (file !== null && (title.trim() !== '' || caseId !== null))
              start({ file, fileName: file.name.slice(-255), title: title.trim(), caseId })
          }}
        >
          <FilePicker onFile={setFile} hasFile={file !== null} />
          {file !== null && (
            <div className="upload-file">
              <strong>
                <Untrusted text={file.name} />
              </strong>
              <span className="quiet nowrap">{formatBytes(file.size)}</span>
            </div>
          )}
          {warning !== null && (
            <Notice tone="caution" title={warning}>
              <p>You can upload it all the same; the case will then say what it is and what to collect instead.</p>
            </Notice>
          )}
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
