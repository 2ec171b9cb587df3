import { useEffect } from 'react'
import { useLocation } from 'react-router'
import type { TranscriptEntry } from '../../../../shared/analysis/analysis.ts'
import { CopyButton } from '../../copy-button.tsx'
import { visibleLines, visibleText } from '../../format/visible-text.ts'
import { Absent } from '../absent.tsx'
import { transcriptAnchor } from './transcript-index.ts'

const asText = ({ command, output }: TranscriptEntry): string =>
  `kd> ${visibleText(command)}\n${visibleLines(output).trimEnd()}\n`

/** The debugger session that shows the same, to check and to paste. */
export const TranscriptSection = ({ transcript }: { readonly transcript: readonly TranscriptEntry[] }) => {
  const { hash, key } = useLocation()

  // `key` makes a second click on the same link lead there again
  useEffect(() => {
    const target = hash === '' ? null : document.getElementById(hash.slice(1))
    target?.scrollIntoView({ block: 'start' })
    target?.focus({ preventScroll: true })
  }, [hash, key])

  if (transcript.length === 0) return <Absent>There is nothing to show in a debugger for this dump.</Absent>
  return (
    <div className="transcript">
      <div className="transcript-head">
        <p className="quiet">The same answer by hand, in the debugger’s own commands and shape.</p>
        <CopyButton text={transcript.map(asText).join('\n')} label="Copy all" />
      </div>
      {transcript.map((entry, index) => {
        const anchor = transcriptAnchor(index)
        return (
          <article
            key={anchor}
            id={anchor}
            tabIndex={-1}
            className={hash === `#${anchor}` ? 'transcript-entry aimed' : 'transcript-entry'}
          >
            <header>
              <h3>
                <span aria-hidden="true">kd&gt; </span>
                {visibleText(entry.command)}
              </h3>
              <CopyButton text={asText(entry)} label={`Copy ${visibleText(entry.command)}`} iconOnly />
            </header>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
            <pre tabIndex={0}>
              {entry.output.trim() === '' ? <span className="quiet">no output</span> : visibleLines(entry.output)}
            </pre>
          </article>
        )
      })}
    </div>
  )
}
