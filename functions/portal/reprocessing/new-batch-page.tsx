import Button from '@cloudscape-design/components/button'
import { type FormEvent, useState } from 'react'
import { useNavigate } from 'react-router'
import type { CreateBatch } from '../../../shared/cases/batches/reprocessing-api.ts'
import { FailureNotice } from '../failure-notice.tsx'
import { verdictWords } from '../verdict/verdict-words.ts'
import { createBatch } from './client.ts'
import { Checks, Choice, Line } from './form-fields.tsx'

const verdicts = Object.entries(verdictWords).map(([value, { label }]) => [value, label] as const)
const architectures = [
  ['x64', 'x64'],
  ['x64-la57', 'x64, five levels'],
  ['arm64', 'ARM64'],
  ['x86', 'x86'],
  ['x86-pae', 'x86 PAE'],
  ['unknown', 'not known'],
] as const

/** What the form says, in the API's words; whatever was left empty is not said. */
const bodyOf = (form: FormData): CreateBatch => {
  const text = (name: string): string | undefined => String(form.get(name) ?? '').trim() || undefined
  const number = (name: string): number | undefined => (text(name) === undefined ? undefined : Number(text(name)))
  const list = (name: string): string[] | undefined => {
    const values = form.getAll(name).map(String)
    return values.length === 0 ? undefined : values
  }
  const ids = text('caseIds')?.split(/[\s,]+/)
  const excluded = list('excludeVerdict')
  // The API checks every field and says what is wrong with it.
  return {
    name: text('name') ?? '',
    query: {
      caseIds: ids,
      verdict: list('verdict'),
      engineOlderThan: text('engineOlderThan'),
      driver: text('driver'),
      tag: text('tag'),
      signature: text('signature'),
      text: text('text'),
      from: text('from'),
      to: text('to'),
      buildFrom: number('buildFrom'),
      buildTo: number('buildTo'),
      architecture: list('architecture'),
    },
    exclude: excluded === undefined ? null : { verdict: excluded },
    settings: {
      perMinute: number('perMinute'),
      concurrency: number('concurrency'),
      budgetDollars: number('budgetDollars') ?? null,
      mostFailing: number('mostFailing') === undefined ? undefined : Number(text('mostFailing')) / 100,
      sample: number('sample'),
      beginAt: text('beginAt'),
      publish: text('publish'),
    },
  } as CreateBatch
}

export default function NewBatchPage() {
  const navigate = useNavigate()
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)

  const plan = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault()
    setBusy(true)
    setError(null)
    try {
      const { batch } = await createBatch(bodyOf(new FormData(event.currentTarget)))
      void navigate(`/reprocessing/${encodeURIComponent(batch.batchId)}`)
    } catch (failure) {
      setError(failure)
      setBusy(false)
    }
  }

  return (
    <>
      <title>Plan a batch · dumpline</title>
      <h1>Plan a batch</h1>
      <form className="batch-form" onSubmit={(event) => void plan(event)}>
        <section className="panel">
          <Line name="name" label="Name" hint="For example what the new engine does better." required />
        </section>
        <section className="panel">
          <h2>Which dumps</h2>
          <p className="quiet">All that is said must hold. Leave everything empty for every dump there is.</p>
          <Checks name="verdict" label="Verdict" options={verdicts} />
          <div className="batch-fields">
            <Line name="engineOlderThan" label="Engine older than" hint="A version such as 0.2.0." />
            <Line name="driver" label="Driver" />
            <Line name="tag" label="Pool tag" />
            <Line name="signature" label="Signature" />
            <Line name="text" label="Words" hint="Of the title, host, customer and the like." />
            <Line name="from" label="Opened from" type="date" />
            <Line name="to" label="Opened until" type="date" />
            <Line name="buildFrom" label="Windows build from" type="number" />
            <Line name="buildTo" label="Windows build to" type="number" />
          </div>
          <Checks name="architecture" label="Architecture" options={architectures} />
          <Line name="caseIds" label="Cases" hint="Their ids, with blanks between; for a list of your own." />
          <Checks name="excludeVerdict" label="But none whose verdict is" options={verdicts} />
        </section>
        <section className="panel">
          <h2>How it runs</h2>
          <div className="batch-fields">
            <Line name="perMinute" label="Dumps a minute" type="number" value="60" />
            <Line name="concurrency" label="Dumps at the same time" type="number" value="10" />
            <Line name="budgetDollars" label="Budget in dollars" type="number" hint="Empty: no limit." />
            <Line name="mostFailing" label="Pause when more fail, in %" type="number" value="20" />
            <Line name="sample" label="Dumps in a dry run" type="number" value="50" />
            <Choice
              name="beginAt"
              label="Begin at"
              options={[
                ['auto', 'the first stage that changed'],
                ['header', 'header: everything'],
                ['pool', 'pool'],
                ['imports', 'imports'],
                ['verdict', 'verdict'],
              ]}
            />
            <Choice
              name="publish"
              label="Cases show the new results"
              options={[
                ['after-review', 'once the batch is published'],
                ['at-once', 'as soon as each is done'],
              ]}
            />
          </div>
        </section>
        <FailureNotice title="The batch could not be planned" error={error} />
        <div className="actions">
          <Button variant="primary" formAction="submit" loading={busy}>
            Plan it
          </Button>
          <span className="quiet">Nothing runs before you start it.</span>
        </div>
      </form>
    </>
  )
}
