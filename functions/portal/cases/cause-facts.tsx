import type { CaseGroup } from '../../../shared/cases/search/case-groups.ts'
import { Mono, Untrusted } from '../format/untrusted.tsx'

/** `11 cases`, `1,000+ cases`. */
export const countOf = ({ cases, more }: CaseGroup): string =>
  `${cases.toLocaleString('en-US')}${more ? '+' : ''} ${cases === 1 ? 'case' : 'cases'}`

/** What the cases of a group have in common. */
export const CauseFacts = ({ group: { driver, driverVersion, tag, bugcheck } }: { readonly group: CaseGroup }) => (
  <span className="cause-facts">
    {driver === null ? <span>No driver</span> : <Mono text={driver} />}
    {driverVersion !== null && (
      <small>
        version <Untrusted text={driverVersion} />
      </small>
    )}
    {tag !== null && (
      <small>
        tag <Mono text={tag} />
      </small>
    )}
    {bugcheck !== null && (
      <small>
        bugcheck <Mono text={bugcheck.name ?? bugcheck.code} />
      </small>
    )}
  </span>
)
