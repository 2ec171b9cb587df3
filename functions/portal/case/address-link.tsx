import { Link, useSearchParams } from 'react-router'
import { debuggerAddress } from '../format/address.ts'
import { type TranscriptIndex, transcriptAnchor } from './transcript-index.ts'

type AddressLinkProps = { readonly address: string; readonly transcript: TranscriptIndex }

/** An address as the debugger prints it, leading to the transcript entry that shows it where there is one. */
export const AddressLink = ({ address, transcript }: AddressLinkProps) => {
  const [search] = useSearchParams()
  const entry = transcript(address)
  const text = debuggerAddress(address)
  if (entry === null) return <span className="mono">{text}</span>
  const there = new URLSearchParams(search)
  there.set('tab', 'transcript')
  return (
    <Link
      className="mono"
      to={{ search: `?${there}`, hash: `#${transcriptAnchor(entry)}` }}
      title="Show it in the transcript"
    >
      {text}
    </Link>
  )
}
