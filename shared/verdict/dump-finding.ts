import type { DumpFacts } from '../analysis/dump-facts.ts'
import type { Finding } from '../analysis/finding.ts'
import { advice } from './advice.ts'
import { grouped, percent } from './wording.ts'

const dumpFinding = (id: string, status: Finding['status'], summary: string, nextStep: string): Finding => ({
  id,
  kind: 'dump-quality',
  pool: null,
  tag: null,
  bytes: null,
  outstanding: null,
  status,
  candidates: [],
  summary,
  nextStep,
})

/** Whether pool can be in the dump at all: triage dumps and bare headers hold none (reference 0.2). */
export const holdsMemory = (dump: DumpFacts): boolean =>
  dump.refusal === undefined && dump.format !== 'triage' && dump.format !== 'header-only'

/** What a dump's own state forbids to say: refused, too small a kind, cut short. None for a whole dump. */
export const dumpFindings = (dump: DumpFacts): Finding[] => {
  if (dump.refusal !== undefined)
    return [dumpFinding('dump-refused', 'not-determinable', dump.refusal.message, dump.refusal.advice)]
  if (dump.format === 'triage')
    return [
      dumpFinding(
        'dump-triage',
        'not-determinable',
        'This is a small (triage) dump: it names the bugcheck and the loaded drivers, but holds neither pool nor its accounting.',
        advice.kernelDump,
      ),
    ]
  if (dump.format === 'header-only')
    return [
      dumpFinding(
        'dump-header-only',
        'not-determinable',
        'This dump consists of its header alone: it names the bugcheck and nothing else.',
        advice.kernelDump,
      ),
    ]
  return dump.truncated
    ? [
        dumpFinding(
          'dump-truncated',
          'information',
          `${truncation(dump)} What is missing was not searched.`,
          advice.uploadAgain,
        ),
      ]
    : []
}

const truncation = (dump: DumpFacts): string => {
  const pages = dump.physicalPages
  const missing =
    pages === null
      ? 'how much is missing is not known'
      : `${grouped(pages.expected - pages.present)} of ${grouped(pages.expected)} pages (${percent(pages.expected - pages.present, pages.expected)}) are missing`
  return `The dump is truncated: its header announces more than the file holds; ${missing}.`
}

/** Why neither health nor a leak can be told although the dump holds memory. */
export const accountingFinding = (
  status: 'inconclusive' | 'not-determinable',
  dump: DumpFacts,
  reasons: readonly string[],
): Finding => {
  const all = dump.truncated ? [truncation(dump), ...reasons] : reasons
  return dumpFinding('pool-accounting', status, all.join(' '), dump.truncated ? advice.uploadAgain : advice.kernelDump)
}
