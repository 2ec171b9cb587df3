import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import type { ReactNode } from 'react'
import type { Analysis } from '../../../../shared/analysis/analysis.ts'
import type { Bugcheck } from '../../../../shared/analysis/dump-facts.ts'
import { formatBytes, formatCount, formatExactBytes } from '../../format/size.ts'
import { formatDuration, formatTimestamp } from '../../format/time.ts'
import { Mono, Untrusted } from '../../format/untrusted.tsx'

const notKnown = <span className="quiet">not known</span>

/** Null is said in words. */
const known = <T,>(value: T | null | undefined, show: (value: T) => ReactNode): ReactNode =>
  value === null || value === undefined ? notKnown : show(value)

/** What the dump says of itself, and what made this analysis. */
export const DumpFactsSection = ({ analysis }: { readonly analysis: Analysis }) => {
  const { dump, engine, cost } = analysis
  return (
    <div className="dump-facts">
      <KeyValuePairs
        columns={3}
        items={[
          { label: 'Size', value: formatExactBytes(dump.bytes) },
          { label: 'Format', value: dump.format },
          { label: 'Cut off', value: dump.truncated ? 'yes' : 'no' },
          { label: 'Architecture', value: dump.architecture },
          { label: 'Windows build', value: known(dump.build, String) },
          { label: 'Machine', value: <Untrusted text={dump.machine} /> },
          { label: 'Processors', value: known(dump.processors, String) },
          { label: 'Crashed at', value: known(dump.crashedAt, formatTimestamp) },
          { label: 'Uptime', value: known(dump.uptimeSeconds, (seconds) => formatDuration(seconds * 1000)) },
          {
            label: 'Pages in the dump',
            value: known(
              dump.physicalPages,
              ({ present, expected }) => `${formatCount(present)} of ${formatCount(expected)}`,
            ),
          },
          { label: 'Bugcheck', value: known(dump.bugcheck, (bugcheck) => <BugcheckText bugcheck={bugcheck} />) },
          { label: 'SHA-256', value: known(dump.sha256, (sha256) => <Mono text={sha256} />) },
        ]}
      />
      <h3>This analysis</h3>
      <KeyValuePairs
        columns={3}
        items={[
          { label: 'Engine', value: <Mono text={engine.version} /> },
          ...Object.entries(engine.data).map(([table, version]) => ({ label: table, value: <Mono text={version} /> })),
          { label: 'Read', value: `${formatBytes(cost.bytesRead)} in ${formatCount(cost.reads)} reads` },
          { label: 'Time', value: formatDuration(cost.milliseconds) },
          { label: 'Peak memory', value: formatBytes(cost.peakMemoryBytes) },
        ]}
      />
    </div>
  )
}

const BugcheckText = ({ bugcheck: { code, name, parameters } }: { readonly bugcheck: Bugcheck }) => (
  <>
    <Mono text={code} /> {name !== null && <Untrusted text={name} />}
    {parameters.length > 0 && (
      <small>
        <Mono text={parameters.join(', ')} />
      </small>
    )}
  </>
)
