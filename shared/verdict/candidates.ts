import type { Candidate, Evidence } from '../analysis/finding.ts'
import { untaggedTag } from '../imports/allocators.ts'
import { carryingDoubts, carryingEvidence, isOnlyCarrier, othersCarry } from './carrying-evidence.ts'
import { blocksPointHere, blocksSeen, contentsDoubts, contentsEvidence, pointedInstead } from './contents-evidence.ts'
import { confidence, evidence, evidenceTable } from './evidence.ts'
import { allHoldersKnown, holdingDoubts, holdingEvidence, othersAsk } from './holding-evidence.ts'
import type { Knowledge } from './knowledge.ts'
import { holdingProcesses } from './object-holders.ts'
import { type Field, fieldOf, isKernelOwned, type Suspect } from './suspects.ts'
import { counted, listed, type PoolName } from './wording.ts'

/** How many candidates a finding names. */
const mostCandidates = 10

/**
 * Who may have made the blocks of a tag in a pool, or for objects holds them by handles, best first. nt and hal are never
 * among them. `doubts` speak against everybody: that it is a leak at all.
 */
export const candidatesFor = (
  tag: string,
  pool: PoolName,
  knowledge: Knowledge,
  doubts: readonly Evidence[] = [],
): Candidate[] => {
  const found = fieldOf(tag, pool, knowledge)
  const field = { ...found, accounting: [...found.accounting, ...doubts] }
  return [...holdingProcesses(tag, knowledge), ...field.suspects.map((suspect) => weigh(suspect, field))]
    .sort((a, b) => b.confidence - a.confidence || compare(a.base, b.base))
    .slice(0, mostCandidates)
}

const compare = (a: string | null, b: string | null): number => ((a ?? '') < (b ?? '') ? -1 : 1)

const weigh = (suspect: Suspect, field: Field): Candidate => {
  const inFavour = [
    ...holdingEvidence(suspect, field),
    ...carryingEvidence(suspect, field),
    ...contentsEvidence(suspect, field),
    ...whereabouts(suspect),
  ]
  const against = [
    ...holdingDoubts(suspect, field),
    ...carryingDoubts(suspect, field),
    ...contentsDoubts(suspect, field),
    ...otherExplanations(suspect, field),
  ]
  return {
    kind: 'module',
    name: suspect.name,
    base: suspect.base,
    pid: null,
    confidence: confidence(inFavour, against, ceilingOf(suspect, field)),
    for: inFavour,
    against,
  }
}

const ceilingOf = (suspect: Suspect, field: Field): number => {
  if (suspect.framework !== null || suspect.clients.length > 0) return evidenceTable.frameworkCeiling
  return excludesOthers(suspect, field) ? evidenceTable.ceiling : evidenceTable.openCeiling
}

/**
 * Whether there is a reason why it can be nobody else; blocks that point to somebody else are one against it. A tag of the
 * kernel's own has none: whoever asks gets its blocks.
 * Contents count where the suspect is known to be able to make such blocks, or that could not be looked up. The only
 * importer is not enough where no block was looked into: of 46 forged leaks judged so, 3 were of a driver that fetched the
 * routine at run time, beside an innocent one with just the evidence of 2008; nor where a driver that could have been it
 * is gone, and its import table with it. Nor is the only one whose code uses the tag enough where it may have served one
 * whose import table was not read, or who is gone, nor without a look at the blocks: of 24 judged so 5 were innocent, the
 * true one unloaded or computing the same tag.
 */
const excludesOthers = (suspect: Suspect, field: Field): boolean => {
  if (field.accounting.length > 0 || pointedInstead(suspect, field).length > 0) return false
  const here = blocksPointHere(suspect, field)
  if (field.tag === untaggedTag) {
    const only = suspect.holder !== null && field.suspects.every((other) => other === suspect || other.holder === null)
    return (
      (only &&
        allHoldersKnown(field) &&
        !othersAsk(suspect, field) &&
        field.unloadedLate.length === 0 &&
        blocksSeen(field)) ||
      (here && (suspect.holder !== null || suspect.asks !== null || !wasSearched(suspect, field)))
    )
  }
  if (isKernelOwned(field) || field.carriers?.core != null) return here && suspect.holder !== null
  const mayAllocate = suspect.frameworkClient || (suspect.carrier !== null && suspect.carrier.strength !== 'freeing')
  return (
    (isOnlyCarrier(suspect, field) && blocksSeen(field) && allClientsKnown(field)) ||
    (here && (mayAllocate || !othersCarry(suspect, field)))
  )
}

/** Whether a driver that asked another's code for its blocks would be known: all import tables were read, and who is gone is known. */
const allClientsKnown = ({ search, unloadedKnown }: Field): boolean =>
  unloadedKnown && search !== null && search.reach.note === null && search.reach.unread.length === 0

/** Whether a routine would have been found if the module held one. */
const wasSearched = ({ base, loaded }: Suspect, { search }: Field): boolean =>
  loaded && search?.imports.importTables[base] === 'read'

const whereabouts = ({ name, loaded, listed }: Suspect): Evidence[] => {
  if (!loaded)
    return [evidence('unloaded', `${name} is no longer in memory: what it had not freed when it was unloaded stays.`)]
  return listed
    ? []
    : [evidence('unlisted', `${name} is in memory, its code executable, and not on the list of loaded modules.`)]
}

const otherExplanations = (suspect: Suspect, field: Field): Evidence[] => {
  const { name, base, loaded, framework, clients } = suspect
  const items: Evidence[] = [...field.accounting]
  if (framework !== null)
    items.push(
      evidence(
        'framework',
        `${name} is ${framework}: it allocates on behalf of its clients, and one of them may be the cause.`,
      ),
    )
  if (framework === null && clients.length > 0)
    items.push(
      evidence(
        'serves-others',
        `${listed(clients)} ${clients.length === 1 ? 'imports' : 'import'} routines of ${name}: what it allocates may be for ${clients.length === 1 ? 'that driver' : 'one of those'}.`,
      ),
    )
  const gone = blocksPointHere(suspect, field) || field.tag !== untaggedTag ? [] : field.unloadedLate
  if (gone.length > 0 && loaded)
    items.push(
      evidence(
        'unloaded-late',
        `${listed(gone)} ${gone.length === 1 ? 'was' : 'were'} unloaded after having been there for a good part of the time, and may have left blocks behind: what was imported then is not known.`,
      ),
    )
  else if (field.unloaded > 0 && loaded)
    items.push(
      evidence(
        'unloaded-drivers',
        `${counted(field.unloaded, 'driver')} ${field.unloaded === 1 ? 'was' : 'were'} unloaded since the machine started and may have left blocks behind.`,
      ),
    )
  const hidden = field.hidden.filter((other) => other.base !== base).map((other) => other.name)
  if (hidden.length > 0 && !blocksPointHere(suspect, field))
    items.push(
      evidence(
        'hidden-drivers',
        `${listed(hidden)} ${hidden.length === 1 ? 'is' : 'are'} in memory and on no list of drivers; what hides may allocate without a trace.`,
      ),
    )
  return items
}
