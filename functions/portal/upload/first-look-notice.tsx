import { betterDumpSteps } from '../../../shared/upload/first-look.ts'
import { Notice } from '../notice.tsx'
import { useFirstLook } from './use-first-look.ts'

/** What the file's beginning says, before a byte of it is sent. */
export const FirstLookNotice = ({ file }: { readonly file: File | null }) => {
  const look = useFirstLook(file)
  if (look === null) return null
  if (!look.looksWrong) return <p className="quiet first-look">{look.what}.</p>
  return (
    <Notice tone="caution" title={look.what}>
      <p>{look.advice}</p>
      {look.asksForSettings && <BetterDump />}
      <p>You can send it all the same: it is then looked at properly.</p>
    </Notice>
  )
}

type BetterDumpProps = { readonly summary?: string }

export const BetterDump = ({ summary = 'How to have Windows write a larger dump' }: BetterDumpProps) => (
  <details>
    <summary>{summary}</summary>
    <ol>
      {betterDumpSteps.map((step) => (
        <li key={step}>{step}</li>
      ))}
    </ol>
  </details>
)
