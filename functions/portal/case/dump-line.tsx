import { useSearchParams } from 'react-router'
import type { CaseDetail } from '../../../shared/cases/api.ts'
import type { DumpRecord } from '../../../shared/cases/records.ts'
import { formatBytes } from '../format/size.ts'
import { formatTimestamp } from '../format/time.ts'
import { Mono } from '../format/untrusted.tsx'
import { visibleText } from '../format/visible-text.ts'
import { useMay } from '../identity/use-session.ts'
import { LinkButton } from '../link-button.tsx'
import type { CaseState } from './case-state.ts'

type DumpLineProps = { readonly detail: CaseDetail; readonly state: CaseState }

/** Which dump is shown, and a choice where a case has several. */
export const DumpLine = ({ detail, state }: DumpLineProps) => {
  const [, setSearch] = useSearchParams()
  const mayWrite = useMay('cases:write')
  if (state.phase === 'empty') return null
  const { dump } = state
  return (
    <div className="dump-line">
      {detail.dumps.length > 1 ? (
        <select
          aria-label="Dump"
          value={dump.dumpId}
          onChange={({ target }) => setSearch({ dump: target.value }, { replace: true })}
        >
          {detail.dumps.map(({ dump: each }) => (
            <option key={each.dumpId} value={each.dumpId}>
              {visibleText(each.fileName)} · {formatTimestamp(each.createdAt)}
            </option>
          ))}
        </select>
      ) : (
        <Mono text={dump.fileName} />
      )}
      <span>{sizeOf(dump)}</span>
      <span>{dump.uploadedAt === null ? 'not uploaded yet' : `uploaded ${formatTimestamp(dump.uploadedAt)}`}</span>
      {mayWrite && (
        <span className="push">
          <LinkButton to={`/upload?case=${encodeURIComponent(detail.case.caseId)}`} variant="inline-link">
            Add another dump
          </LinkButton>
        </span>
      )}
    </div>
  )
}

/** The dump's size; of one that came in an archive both sizes. */
const sizeOf = ({ bytes, archive }: DumpRecord): string => {
  if (!archive) return formatBytes(bytes)
  const packed = `${archiveWords[archive.format]}, ${formatBytes(bytes)}`
  return archive.unpacked === null ? packed : `${formatBytes(archive.unpacked.bytes)}, unpacked from a ${packed}`
}

const archiveWords = { zip: 'ZIP archive', gzip: 'gzip file', zstd: 'Zstandard file', cab: 'CAB archive' } as const
