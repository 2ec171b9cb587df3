import type { TranscriptEntry } from '../../../../shared/analysis/analysis.ts'
import { visibleLines, visibleText } from '../../format/visible-text.ts'

/** The debugger session as the last part of a printed report. */
export const PrintedTranscript = ({ transcript }: { readonly transcript: readonly TranscriptEntry[] }) => (
  <section className="printed-transcript">
    <h2>Appendix: the same answer in the debugger</h2>
    {transcript.map(({ command, output }, index) => (
      // A session does not change, and may give a command twice
      <div key={index}>
        <h3>kd&gt; {visibleText(command)}</h3>
        <pre>{output.trim() === '' ? 'no output' : visibleLines(output).trimEnd()}</pre>
      </div>
    ))}
  </section>
)
