import { ToneLabel } from '../verdict/tone-label.tsx'
import type { Tone } from '../verdict/verdict-words.ts'
import type { Trouble } from './trouble.ts'

type StandingProps = {
  readonly troubles: readonly Trouble[]
  /** Parts of the page that could not be loaded, by their names. */
  readonly unknown: readonly string[]
}

/** What is wrong, before anything else; each line leads to the part of the page that has more of it. */
export const StandingSection = ({ troubles, unknown }: StandingProps) => {
  const isBad = troubles.some(({ tone }) => tone === 'bad')
  const tone: Tone = isBad ? 'bad' : troubles.length > 0 || unknown.length > 0 ? 'caution' : 'good'
  const title = isBad
    ? 'Something is wrong'
    : troubles.length > 0
      ? 'Worth a look'
      : unknown.length > 0
        ? 'Not everything is known'
        : 'Nothing is wrong'
  return (
    <section className={`notice standing tone-${tone}`} aria-label="How it stands" aria-live="polite">
      <strong>{title}</strong>
      {troubles.length > 0 && (
        <ul className="troubles">
          {troubles.map(({ tone: each, text, section }) => (
            <li key={text}>
              <ToneLabel tone={each} label={each === 'bad' ? 'Wrong' : 'Look'} />
              <a href={`#${section}`}>{text}</a>
            </li>
          ))}
        </ul>
      )}
      {troubles.length === 0 && unknown.length === 0 && (
        <p>No dead letters, nothing failed in the last 24 hours, and nothing waits or runs for too long.</p>
      )}
      {unknown.length > 0 && <p>Could not be loaded: {unknown.join(', ')}.</p>}
    </section>
  )
}
