import type { Analysis } from '../../../../shared/analysis/analysis.ts'
import { formatBytes, formatCount, formatExactBytes } from '../../format/size.ts'
import { formatDuration, formatTimestamp } from '../../format/time.ts'
import { Mono, Untrusted } from '../../format/untrusted.tsx'
import { MemoryTable } from '../details/memory-section.tsx'
import { PrintedTranscript } from './printed-transcript.tsx'

const tagsShown = 20
const importersShown = 30

type PrintedDetailsProps = {
  readonly analysis: Analysis
  /** Whether the debugger's session belongs to it. */
  readonly transcript: boolean
}

/** What the tabs hold, as far as it belongs on paper. On a screen it is not there. */
export const PrintedDetails = ({ analysis, transcript }: PrintedDetailsProps) => {
  const { dump, memory, pool, importers, modules, engine } = analysis
  const tags = pool?.tags.toSorted((a, b) => b.nonPaged.bytes + b.paged.bytes - a.nonPaged.bytes - a.paged.bytes)
  const unlisted = modules.filter(({ listed }) => !listed)
  return (
    <div className="print-only">
      <h2>Dump</h2>
      <p>
        {dump.format} dump of {formatExactBytes(dump.bytes)}, {dump.architecture}
        {dump.build !== null && `, Windows build ${dump.build}`}
        {dump.crashedAt !== null && `, crashed ${formatTimestamp(dump.crashedAt)}`}
        {dump.uptimeSeconds !== null && ` after ${formatDuration(dump.uptimeSeconds * 1000)}`}
        {dump.bugcheck !== null && `, bugcheck ${dump.bugcheck.code} ${dump.bugcheck.name ?? ''}`}
      </p>
      {memory !== null && (
        <>
          <h2>Memory</h2>
          <MemoryTable memory={memory} />
        </>
      )}
      {tags !== undefined && tags.length > 0 && (
        <>
          <h2>
            Pool tags{tags.length > tagsShown && `: the largest ${tagsShown} of ${formatCount(tags.length)}`}
            {pool?.lowerBound && ', at least'}
          </h2>
          <table className="plain-table">
            <thead>
              <tr>
                <th scope="col">Tag</th>
                <th scope="col" className="right">
                  NonPaged
                </th>
                <th scope="col" className="right">
                  Paged
                </th>
                <th scope="col">Known owner</th>
              </tr>
            </thead>
            <tbody>
              {tags.slice(0, tagsShown).map(({ tag, nonPaged, paged, owner, meaning }) => (
                <tr key={tag}>
                  <th scope="row">
                    <Mono text={tag} />
                  </th>
                  <td className="right">{nonPaged.bytes === 0 ? '–' : formatBytes(nonPaged.bytes)}</td>
                  <td className="right">{paged.bytes === 0 ? '–' : formatBytes(paged.bytes)}</td>
                  <td>
                    <Untrusted text={[owner, meaning].filter((part) => part !== null).join(': ')} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
      {importers.length > 0 && (
        <>
          <h2>
            Who holds an allocation routine’s address
            {importers.length > importersShown && `: ${importersShown} of ${formatCount(importers.length)} places`}
          </h2>
          <table className="plain-table">
            <tbody>
              {importers.slice(0, importersShown).map(({ module, allocator, address, kind }) => (
                <tr key={`${address} ${allocator}`}>
                  <th scope="row">
                    <Mono text={module} />
                  </th>
                  <td>
                    <Mono text={allocator} />
                  </td>
                  <td>
                    <Mono text={address} />
                  </td>
                  <td>{kind.replaceAll('-', ' ')}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
      {unlisted.length > 0 && (
        <p>
          Not in the kernel’s list of modules:{' '}
          <Untrusted text={unlisted.map(({ name, base }) => `${name} at ${base}`).join(', ')} />
        </p>
      )}
      <p className="quiet">
        Made by dumpline {engine.version}.
        {!transcript && ' The debugger’s session that shows the same can be printed with it.'}
      </p>
      {transcript && <PrintedTranscript transcript={analysis.transcript} />}
    </div>
  )
}
