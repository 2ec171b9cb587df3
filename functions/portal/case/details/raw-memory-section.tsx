import Button from '@cloudscape-design/components/button'
import { type FormEvent, useEffect, useState } from 'react'
import { useLocation, useSearchParams } from 'react-router'
import type { MemoryLayout, MemoryView } from '../../../../shared/cases/raw-dump-api.ts'
import { downloadDump, viewMemory } from '../../api/reports-client.ts'
import { CopyButton } from '../../copy-button.tsx'
import { FailureNotice } from '../../failure-notice.tsx'
import { visibleLines } from '../../format/visible-text.ts'
import { parseAddress } from './parse-address.ts'

const layouts: Record<MemoryLayout, string> = {
  dps: 'dps: words with names',
  db: 'db: bytes and characters',
  dd: 'dd: words of 4 bytes',
  dq: 'dq: words of 8 bytes',
  da: 'da: text, 1 byte a character',
  du: 'du: text, 2 bytes a character',
}

const lengths = [64, 128, 256, 512, 1024, 4096]

type RawMemorySectionProps = { readonly caseId: string; readonly dumpId: string }

/** The dump's own memory, as the debugger shows it, and the dump itself. Nothing is fetched until it is asked for. */
export const RawMemorySection = ({ caseId, dumpId }: RawMemorySectionProps) => {
  const [search] = useSearchParams()
  const { hash, key } = useLocation()
  const [typed, setTyped] = useState(search.get('address') ?? '')
  const [layout, setLayout] = useState<MemoryLayout>('dps')
  const [length, setLength] = useState(128)
  const [views, setViews] = useState<readonly MemoryView[]>([])
  const [busy, setBusy] = useState<'look' | 'download' | null>(null)
  const [error, setError] = useState<unknown>()
  const address = parseAddress(typed)

  // An evidence's address leads here; the look itself stays a decision, because it is recorded.
  useEffect(() => {
    const asked = search.get('address')
    if (asked !== null) setTyped(asked)
    if (hash === '#raw-memory') document.getElementById('raw-memory')?.scrollIntoView({ block: 'start' })
  }, [search, hash, key])

  const attempt = async (what: 'look' | 'download', run: () => Promise<void>): Promise<void> => {
    setBusy(what)
    setError(undefined)
    try {
      await run()
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(null)
    }
  }
  const look = (event: FormEvent): void => {
    event.preventDefault()
    if (address === null || busy !== null) return
    void attempt('look', async () => {
      const view = await viewMemory(caseId, dumpId, { address, length, layout })
      setViews((before) => [view, ...before].slice(0, 20))
    })
  }
  const download = () => attempt('download', async () => location.assign((await downloadDump(caseId, dumpId)).url))

  return (
    <div className="raw-memory" id="raw-memory">
      <div className="raw-memory-head">
        <p className="quiet">
          A dump holds whatever the server had in memory. Each look, and each download, is recorded.
        </p>
        <Button iconName="download" loading={busy === 'download'} onClick={download}>
          Download the dump
        </Button>
      </div>
      <form onSubmit={look}>
        <label>
          Address
          <input
            className="mono"
            value={typed}
            spellCheck={false}
            autoComplete="off"
            placeholder="f50b8058"
            aria-invalid={typed !== '' && address === null}
            onChange={({ target }) => setTyped(target.value)}
          />
        </label>
        <label>
          As
          <select value={layout} onChange={({ target }) => setLayout(target.value as MemoryLayout)}>
            {Object.entries(layouts).map(([name, words]) => (
              <option key={name} value={name}>
                {words}
              </option>
            ))}
          </select>
        </label>
        <label>
          Bytes
          <select value={length} onChange={({ target }) => setLength(Number(target.value))}>
            {lengths.map((bytes) => (
              <option key={bytes}>{bytes}</option>
            ))}
          </select>
        </label>
        <Button variant="primary" formAction="submit" disabled={address === null} loading={busy === 'look'}>
          Look
        </Button>
      </form>
      <FailureNotice title="That did not work" error={error} />
      {views.map(({ command, output }, index) => (
        // The newest stands first, and looks are never edited
        <article className="transcript-entry" key={views.length - index}>
          <header>
            <h3>
              <span aria-hidden="true">kd&gt; </span>
              {command}
            </h3>
            <CopyButton text={`kd> ${command}\n${visibleLines(output)}\n`} label={`Copy ${command}`} iconOnly />
          </header>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
          <pre tabIndex={0}>{visibleLines(output)}</pre>
        </article>
      ))}
    </div>
  )
}
