import { useContext } from 'react'
import { Link, useSearchParams } from 'react-router'
import { debuggerAddress } from '../../format/address.ts'
import { HasRawMemory } from './raw-memory-context.ts'
import { type TranscriptIndex, transcriptAnchor } from './transcript-index.ts'

type AddressLinkProps = { readonly address: string; readonly transcript: TranscriptIndex }

/**
 * An address as the debugger prints it, leading to the transcript entry that shows it, or else, for those who may look,
 * to the dump's memory there.
 */
export const AddressLink = ({ address, transcript }: AddressLinkProps) => {
  const [search] = useSearchParams()
  const hasRawMemory = useContext(HasRawMemory)
  const entry = transcript(address)
  const text = debuggerAddress(address)
  if (entry === null && !hasRawMemory) return <span className="mono">{text}</span>
  const there = new URLSearchParams(search)
  there.set('tab', entry === null ? 'raw' : 'transcript')
  if (entry === null) there.set('address', address)
  return (
    <Link
      className="mono"
      to={{ search: `?${there}`, hash: entry === null ? '#raw-memory' : `#${transcriptAnchor(entry)}` }}
      title={entry === null ? 'Look at the dump’s memory there' : 'Show it in the transcript'}
    >
      {text}
    </Link>
  )
}
