import type { Coverage } from '../../../../shared/analysis/analysis.ts'

/** Searches that could not read everything they should have, the poorest first. */
export const incompleteCoverage = (coverage: readonly Coverage[]): Coverage[] =>
  coverage
    .filter(({ wantedBytes, readBytes }) => readBytes < wantedBytes)
    .toSorted((a, b) => a.readBytes / a.wantedBytes - b.readBytes / b.wantedBytes)

/** Searches that did not come to know what to read; their note says why. */
export const unsearchedCoverage = (coverage: readonly Coverage[]): Coverage[] =>
  coverage.filter(({ wantedBytes, note }) => wantedBytes === 0 && note !== undefined)

export const coverageSentence = (coverage: readonly Coverage[]): string =>
  incompleteCoverage(coverage).length + unsearchedCoverage(coverage).length === 0
    ? 'Everything the searches wanted to read was in the dump.'
    : 'Not everything could be searched. For what is missing, “not found” does not mean “not there”.'

/** How much of an area was read, in words. */
export const readWords = (area: Coverage, format: (bytes: number) => string): string => {
  if (area.wantedBytes > 0) return `${format(area.readBytes)} of ${format(area.wantedBytes)}`
  return area.note === undefined ? 'nothing to read' : 'not searched'
}
