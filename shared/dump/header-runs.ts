/** Runs of physical pages as the header's PhysicalMemoryBlock lists them. */
export type MemoryRun = { readonly basePage: number; readonly pageCount: number }

export type HeaderRuns = {
  /** The physical memory block's runs in PFNs, null when filler or implausible (`runsNote` then says why). */
  readonly runs: readonly MemoryRun[] | null
  /** Why `runs` is null, or what is odd about them: a full sentence. */
  readonly runsNote: string | null
}

const filler32 = 0x45474150
/** What fits into the 700 bytes of the buffer (reference 1.2, 1.3). */
const maxRuns = { 32: 86, 64: 43 } as const
/** x64 and ARM64 have 52 physical address bits at most; a 32-bit header's PFNs are 32 bits wide. */
const maxPage = { 32: 2 ** 32, 64: 2 ** 40 } as const

const refused = (runsNote: string): HeaderRuns => ({ runs: null, runsNote })

/**
 * The run list at `offset` of the header (reference 1.2, 1.3, 1.6). Runs that do not ascend, overlap or reach past
 * any possible physical address are not used at all: a wrong run shifts every page after it.
 */
export const decodeRuns = (view: DataView, offset: number, bits: 32 | 64): HeaderRuns => {
  const count = view.getUint32(offset, true)
  if (count === filler32) return refused('The header does not list the runs of physical memory.')
  if (count === 0 || count > maxRuns[bits])
    return refused(`The header claims ${count} runs of physical memory; between 1 and ${maxRuns[bits]} fit into it.`)
  const word = (at: number): number => (bits === 32 ? view.getUint32(at, true) : Number(view.getBigUint64(at, true)))
  const wordBytes = bits / 8
  const claimed = word(offset + wordBytes)
  const first = offset + 2 * wordBytes
  const runs: MemoryRun[] = []
  let end = 0
  let total = 0
  for (let index = 0; index < count; index++) {
    const basePage = word(first + index * 2 * wordBytes)
    const pageCount = word(first + index * 2 * wordBytes + wordBytes)
    // An empty run holds no page and moves none; some writers leave them in.
    if (pageCount === 0) continue
    if (basePage < end)
      return refused(
        `Run ${index} of physical memory begins at page 0x${basePage.toString(16)}, inside an earlier one.`,
      )
    if (basePage + pageCount > maxPage[bits])
      return refused(`Run ${index} of physical memory reaches beyond any possible physical address.`)
    runs.push({ basePage, pageCount })
    end = basePage + pageCount
    total += pageCount
  }
  if (runs.length === 0) return refused('Every run of physical memory in the header is empty.')
  const runsNote =
    claimed === total ? null : `The header claims ${claimed} pages of physical memory; its runs hold ${total}.`
  return { runs, runsNote }
}
