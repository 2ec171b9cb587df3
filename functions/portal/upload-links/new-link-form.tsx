import Button from '@cloudscape-design/components/button'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import { useState } from 'react'
import type { CreatedUploadLink } from '../../../shared/cases/links/upload-api.ts'
import { createUploadLink } from '../api/uploads.ts'
import { FailureNotice } from '../failure-notice.tsx'

type NewLinkFormProps = {
  readonly caseId: string
  readonly onCreated: (created: CreatedUploadLink) => void
  readonly onCancel: () => void
}

const companyKey = 'dumpline.company'
const gibibyte = 2 ** 30

const remembered = (): string => {
  try {
    return localStorage.getItem(companyKey) ?? ''
  } catch {
    return ''
  }
}

const wholeNumber = (text: string, most: number): number | null =>
  /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= most ? Number(text) : null

/** What a new link is to allow; the company's name is remembered for the next one. */
export const NewLinkForm = ({ caseId, onCreated, onCancel }: NewLinkFormProps) => {
  const [company, setCompany] = useState(remembered)
  const [note, setNote] = useState('')
  const [days, setDays] = useState('14')
  const [dumps, setDumps] = useState('5')
  const [size, setSize] = useState('256')
  const [sending, setSending] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const [limitDays, limitDumps, limitSize] = [wholeNumber(days, 90), wholeNumber(dumps, 50), wholeNumber(size, 50_000)]
  const isValid = company.trim() !== '' && limitDays !== null && limitDumps !== null && limitSize !== null

  const create = async (): Promise<void> => {
    if (!isValid || sending) return
    setSending(true)
    try {
      const limits = { days: limitDays, maxDumps: limitDumps, maxBytes: limitSize * gibibyte }
      const created = await createUploadLink(caseId, { company: company.trim(), note: note.trim(), ...limits })
      try {
        localStorage.setItem(companyKey, company.trim())
      } catch {
        // It has to be typed again next time.
      }
      onCreated(created)
    } catch (failed) {
      setError(failed)
      setSending(false)
    }
  }

  const number = (label: string, value: string, change: (value: string) => void, isWrong: boolean, most: string) => (
    <FormField label={label} errorText={isWrong ? `A whole number from 1 to ${most}` : undefined}>
      <Input value={value} inputMode="numeric" onChange={({ detail }) => change(detail.value)} />
    </FormField>
  )

  return (
    <form
      className="new-link"
      onSubmit={(event) => {
        event.preventDefault()
        void create()
      }}
    >
      <FormField label="Your company’s name" description="The customer’s page is headed with it.">
        <Input value={company} autoFocus onChange={({ detail }) => setCompany(detail.value.slice(0, 100))} />
      </FormField>
      <FormField label="For whom" description="A note for colleagues; the customer does not see it.">
        <Input value={note} onChange={({ detail }) => setNote(detail.value.slice(0, 200))} />
      </FormField>
      <div className="new-link-limits">
        {number('Open for days', days, setDays, limitDays === null, '90')}
        {number('Dumps at most', dumps, setDumps, limitDumps === null, '50')}
        {number('GiB in all', size, setSize, limitSize === null, '50,000')}
      </div>
      <FailureNotice title="The link was not made" error={error} />
      <div className="actions">
        <Button variant="primary" formAction="submit" disabled={!isValid} loading={sending}>
          Make the link
        </Button>
        <Button formAction="none" onClick={onCancel}>
          Cancel
        </Button>
      </div>
    </form>
  )
}
