import type { Candidate, Evidence } from '../analysis/finding.ts'
import type { HandleUse, ObjectUse } from '../analysis/object-use.ts'
import { confidence, evidence, evidenceTable } from './evidence.ts'
import type { Knowledge } from './knowledge.ts'
import { counted, grouped } from './wording.ts'

/** More processes than these hold handles, and tell nothing. */
const mostProcesses = 3

export const objectTotals = (tag: string, { imports }: Knowledge): ObjectUse | null =>
  imports?.objects.find((entry) => entry.tag === tag) ?? null

/** Whether handles account for most of the objects; else references without handles keep them, as drivers hold. */
export const keptByHandles = ({ objects, handles }: ObjectUse): boolean =>
  handles >= objects * evidenceTable.handlesForObjects

/**
 * The processes that hold the handles to objects of a tag. How many of a type each has is not read; but what all others
 * have of any type together leaves a rest that must be one's own.
 */
export const holdingProcesses = (tag: string, knowledge: Knowledge): Candidate[] => {
  const totals = objectTotals(tag, knowledge)
  const { imports } = knowledge
  if (totals === null || imports === null || !keptByHandles(totals)) return []
  const all = imports.processes.reduce((sum, { handles }) => sum + (handles ?? 0), 0)
  const complete = imports.processesNote === null && imports.processes.every(({ handles }) => handles !== null)
  return imports.processes
    .flatMap((process) => {
      const inFavour = handleEvidence(process, all, complete, totals)
      return inFavour.length === 0 ? [] : [candidate(process, inFavour, imports.processes)]
    })
    .sort((a, b) => b.confidence - a.confidence || (a.pid ?? 0) - (b.pid ?? 0))
    .slice(0, mostProcesses)
}

const handleEvidence = (
  { name, pid, handles }: HandleUse,
  all: number,
  complete: boolean,
  totals: ObjectUse,
): Evidence[] => {
  if (handles === null) return []
  const others = all - handles
  const own = Math.max(0, totals.handles - others)
  if (complete && own >= totals.handles * evidenceTable.handlesForObjects)
    return [
      evidence(
        'handles-here',
        `${name} (process ${pid}) has ${counted(handles, 'handle')} open, all other processes together ${grouped(others)}: at least ${grouped(own)} of the ${grouped(totals.handles)} handles to ${totals.name} objects are its own.`,
      ),
    ]
  // With all processes known the sum above is the whole truth: having many handles of any kind adds nothing to it.
  return !complete &&
    handles >= all * evidenceTable.handlesForObjects &&
    handles >= totals.handles * evidenceTable.handlesForObjects
    ? [
        evidence(
          'most-handles',
          `${name} (process ${pid}) has ${counted(handles, 'handle')} open, more than all other processes that could be read; there are ${grouped(totals.handles)} handles to ${totals.name} objects.`,
        ),
      ]
    : []
}

const candidate = ({ name, pid }: HandleUse, inFavour: Evidence[], processes: readonly HandleUse[]): Candidate => {
  const unread = processes.filter(({ handles }) => handles === null).length
  const against =
    unread === 0
      ? []
      : [
          evidence(
            'unread-handle-tables',
            `The handle tables of ${unread} of ${counted(processes.length, 'process', 'processes')} could not be read.`,
          ),
        ]
  const proven = inFavour.some(({ kind }) => kind === 'handles-here')
  return {
    kind: 'process',
    name,
    base: null,
    pid,
    confidence: confidence(inFavour, against, proven ? evidenceTable.ceiling : evidenceTable.openCeiling),
    for: inFavour,
    against,
  }
}
