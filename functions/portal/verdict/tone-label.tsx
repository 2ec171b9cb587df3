import type { Tone } from './verdict-words.ts'

/** A few words on a tinted ground, with a shape for those who do not see the tint. */
export const ToneLabel = ({ tone, label }: { readonly tone: Tone; readonly label: string }) => (
  <span className={`tone-label tone-${tone}`}>
    <svg viewBox="0 0 12 12" aria-hidden="true">
      {shapes[tone]}
    </svg>
    {label}
  </span>
)

const shapes: Record<Tone, React.ReactNode> = {
  bad: <path d="M6 .8 11.2 6 6 11.2.8 6z" />,
  caution: <path d="M6 1 11.5 11H.5z" />,
  good: <path d="m4.6 10.4-4-4L2 5l2.6 2.5L10 2l1.4 1.4z" />,
  neutral: <path d="M1 4.6h10v2.8H1z" />,
  busy: <circle cx="6" cy="6" r="4.2" />,
}
