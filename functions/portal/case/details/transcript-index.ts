import type { TranscriptEntry } from '../../../../shared/analysis/analysis.ts'

const hexWord = /(?<![0-9a-z`])(?:0x)?(?:[0-9a-f]{8}`[0-9a-f]{8}|[0-9a-f]{6,16})(?![0-9a-z`])/gi

const normal = (word: string): string => word.toLowerCase().replace('0x', '').replace('`', '').replace(/^0+/, '')

/** Finds the transcript entry that shows an address; null when none does. */
export type TranscriptIndex = (address: string) => number | null

/**
 * Reads the transcript once and remembers where each address is shown first. An entry that is about an address, so that
 * its command or a line of its output begins with it, comes before one that only mentions it.
 */
export const indexTranscript = (transcript: readonly TranscriptEntry[]): TranscriptIndex => {
  const about = new Map<string, number>()
  const mentioned = new Map<string, number>()
  const note = (map: Map<string, number>, word: string, entry: number): void => {
    const address = normal(word)
    if (!map.has(address)) map.set(address, entry)
  }
  for (const [entry, { command, output }] of transcript.entries()) {
    for (const line of output.split('\n'))
      for (const [position, match] of [...line.matchAll(hexWord)].entries())
        note(position === 0 && line.slice(0, match.index).trim() === '' ? about : mentioned, match[0], entry)
    for (const match of command.matchAll(hexWord)) note(about, match[0], entry)
  }
  return (address) => about.get(normal(address)) ?? mentioned.get(normal(address)) ?? null
}

/** The element id of a transcript entry, for links to it. */
export const transcriptAnchor = (entry: number): string => `transcript-${entry + 1}`
