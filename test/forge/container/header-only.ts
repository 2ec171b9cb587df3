import { type Dump, withoutPages } from './dump.ts'
import { buildHeader, headerBytes, type MachineFacts } from './header.ts'

/** Type 3: a header and nothing behind it. */
export const headerOnlyDump = (facts: MachineFacts): Dump =>
  withoutPages(
    'header-only',
    buildHeader({ ...facts, runs: facts.machineRuns, dumpType: 3, requiredDumpSpace: headerBytes(facts.width) }),
  )
