import type { Variables } from '../kernel/variables.ts'
import type { AddressSpace } from '../memory/address-space.ts'
import { readWrite } from '../memory/entries.ts'
import { type TrackedTag, writeTrackerTables } from '../pool/tracker.ts'
import type { Random } from '../random.ts'
import type { Scenario } from '../scenario.ts'

const entries = 513
const none = { allocations: 0, frees: 0, outstanding: 0, bytes: 0 }

/** Tags that a session has always had, next to those of the scenario: enough for a table to be told from other memory. */
const usual = Array.from({ length: 40 }, (_, index) => ({
  tag: `G${String.fromCharCode(97 + (index % 26))}${index % 10}${index < 20 ? 'h' : 's'}`,
  outstanding: 2 + index,
  bytes: 0x100 * (1 + index),
}))

/** Makes the tracker of the session's pool (reference 8.5): in session space, with a variable of nt's that leads to it. */
export const makeSessionPool = (
  scenario: Scenario,
  variables: Variables,
  space: AddressSpace,
  random: Random,
): void => {
  const { sessionTags, layout, addresses } = scenario
  if (sessionTags === undefined) return
  const table = addresses.session + 0x800000
  const bytes = Buffer.alloc(Math.ceil((entries * layout.tracker.entryBytes) / 4096) * 4096)
  const rows = [...usual, ...sessionTags].map(({ tag, outstanding, bytes: held }): TrackedTag => {
    const frees = random.below(5000)
    const paged = { allocations: frees + outstanding, frees, outstanding, bytes: held }
    return { tag, nonPaged: none, paged, wraps: false }
  })
  writeTrackerTables([bytes], null, entries, rows, layout, random)
  for (let at = 0; at < bytes.length; at += 4096) space.map(table + at, readWrite)
  space.write(table, bytes)
  variables.pointer('ExpSessionPoolTrackTable', table)
  variables.word('ExpSessionPoolTrackTableSize', entries)
}
