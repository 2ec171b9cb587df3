import Button from '@cloudscape-design/components/button'
import { useEffect, useState } from 'react'
import { Link } from 'react-router'
import type { BatchItem } from '../../../shared/cases/batches/batch.ts'
import type { ItemFilter } from '../../../shared/cases/batches/reprocessing-api.ts'
import { FailureNotice } from '../failure-notice.tsx'
import { formatCount } from '../format/size.ts'
import { Mono, Untrusted } from '../format/untrusted.tsx'
import { Loading } from '../loading.tsx'
import { verdictWords } from '../verdict/verdict-words.ts'
import { listItems } from './client.ts'

const filters: Record<ItemFilter, string> = {
  changed: 'What changed',
  culprit: 'Another culprit',
  same: 'The same as before',
  failed: 'Failed',
  impossible: 'Impossible',
  kept: 'Left as they stand',
  open: 'Not done yet',
  all: 'All dumps',
}

/** The dumps of a batch, a page at a time. `version` changes when the batch's counts do. */
export const ItemsSection = ({ batchId, version }: { readonly batchId: string; readonly version: string }) => {
  const [show, setShow] = useState<ItemFilter>('changed')
  const [items, setItems] = useState<readonly BatchItem[] | null>(null)
  const [cursor, setCursor] = useState<string | null>(null)
  const [error, setError] = useState<unknown>(null)

  // A look at the first page replaces whatever further pages were shown; `version` says when another one is worth it.
  useEffect(() => {
    const stop = new AbortController()
    listItems(batchId, show, null, stop.signal).then(
      (page) => {
        setItems(page.items)
        setCursor(page.nextCursor)
        setError(null)
      },
      (failure: unknown) => stop.signal.aborted || setError(failure),
    )
    return () => stop.abort()
  }, [batchId, show, version])

  const more = async (): Promise<void> => {
    try {
      const page = await listItems(batchId, show, cursor, new AbortController().signal)
      setItems((before) => [...(before ?? []), ...page.items])
      setCursor(page.nextCursor)
    } catch (failure) {
      setError(failure)
    }
  }

  return (
    <section className="panel">
      <div className="page-head">
        <h2>Dumps</h2>
        <select
          aria-label="Which dumps"
          value={show}
          onChange={({ target }) => {
            // Rows of another choice must not stand below this one while it loads.
            setItems(null)
            setCursor(null)
            setShow(target.value as ItemFilter)
          }}
        >
          {Object.entries(filters).map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </div>
      <FailureNotice title="The dumps cannot be shown" error={error} />
      {items === null && error === null && <Loading what="dumps" />}
      {items?.length === 0 && <p className="quiet">None.</p>}
      {items !== null && items.length > 0 && (
        <table className="plain-table stacks" aria-label="Dumps of the batch">
          <thead>
            <tr>
              <th scope="col">Case</th>
              <th scope="col">Verdict</th>
              <th scope="col">Named</th>
              <th scope="col">Confidence</th>
              <th scope="col">Figures, and what else to know</th>
            </tr>
          </thead>
          <tbody>
            {items.map((item) => (
              <ItemRow key={item.dumpId} item={item} />
            ))}
          </tbody>
        </table>
      )}
      {cursor !== null && (
        <div className="table-foot">
          <Button onClick={() => void more()}>Show more</Button>
        </div>
      )}
    </section>
  )
}

const ItemRow = ({ item }: { readonly item: BatchItem }) => {
  const { caseId, caseTitle, difference, note, publication, state } = item
  const said = note ?? publication?.reason ?? (difference === null ? stateWords[state] : null)
  return (
    <tr>
      <th scope="row">
        <Link to={`/cases/${encodeURIComponent(caseId)}`}>
          <Untrusted text={caseTitle} />
        </Link>
      </th>
      <td>
        {difference && (
          <FromTo
            from={difference.verdict.from && verdictWords[difference.verdict.from].label}
            to={difference.verdict.to && verdictWords[difference.verdict.to].label}
          />
        )}
      </td>
      <td>{difference && <FromTo {...difference.named} mono />}</td>
      <td className="nowrap" data-label={difference ? 'Confidence' : undefined}>
        {difference && <FromTo from={percent(difference.confidence.from)} to={percent(difference.confidence.to)} />}
      </td>
      <td>
        {said !== null && <p>{said}</p>}
        {difference?.figures.map(({ figure, from, to }) => (
          <p key={figure}>
            <Untrusted text={figure} />: {from === null ? '–' : formatCount(from)} →{' '}
            {to === null ? '–' : formatCount(to)}
          </p>
        ))}
      </td>
    </tr>
  )
}

const stateWords: Record<BatchItem['state'], string> = {
  waiting: 'Waits.',
  launching: 'Is being begun.',
  running: 'Runs.',
  done: 'Done.',
  failed: 'Failed.',
  impossible: 'Impossible.',
}

const percent = (share: number | null): string | null => (share === null ? null : `${Math.round(share * 100)} %`)

type FromToProps = { readonly from: string | null; readonly to: string | null; readonly mono?: boolean }

const FromTo = ({ from, to, mono = false }: FromToProps) => {
  const shown = (text: string | null) => (text === null ? 'nobody' : mono ? <Mono text={text} /> : text)
  if (from === to) return to === null ? null : shown(to)
  return (
    <>
      <span className="quiet">{from === null && !mono ? 'none' : shown(from)}</span> →{' '}
      <strong>{to === null && !mono ? 'none' : shown(to)}</strong>
    </>
  )
}
