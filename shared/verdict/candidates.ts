import type { Candidate, Evidence } from '../analysis/finding.ts'
import type { Importer, ImporterKind } from '../analysis/importer.ts'
import { allocatorName, allocatorSet } from '../imports/allocators.ts'
import { type PointedAt, pointedAt } from './contents.ts'
import { confidence, evidence, evidenceTable } from './evidence.ts'
import { type Holder, type SearchReach, searchReach, strongest, untaggedHolders } from './holders.ts'
import type { ImportSearch, Knowledge } from './knowledge.ts'
import { coreBases, frameworkReason } from './known-modules.ts'
import { counted, listed } from './wording.ts'

/** The tag of blocks allocated without one (reference 10.1). */
export const untaggedTag = 'None'

/** How many candidates a finding names. */
const mostCandidates = 10

type Suspect = {
  readonly name: string
  readonly base: string
  readonly holder: Holder | null
  readonly pointed: PointedAt | null
}

/** What all candidates of one tag are weighed against. */
type Field = {
  readonly tag: string
  readonly holders: readonly Holder[]
  readonly hal: Holder | null
  readonly pointed: readonly PointedAt[]
  /** Null when no import search stands behind the tag: it is not `None`, or the search did not run. */
  readonly search: { readonly reach: SearchReach; readonly imports: ImportSearch } | null
  readonly unloaded: number
  /** Bases of modules that were found in memory and are on no list. */
  readonly unlisted: ReadonlySet<string>
}

/**
 * Who may have made the blocks of a tag, best first: for `None` every module that holds an untagged allocator's address
 * (the 2008 method), for any tag the modules its blocks point into. nt and hal are never among them.
 */
export const candidatesFor = (tag: string, knowledge: Knowledge): Candidate[] => {
  const field = fieldOf(tag, knowledge)
  return suspectsIn(field)
    .map((suspect) => weigh(suspect, field))
    .sort((a, b) => b.confidence - a.confidence || compare(a.base, b.base))
    .slice(0, mostCandidates)
}

const compare = (a: string | null, b: string | null): number => ((a ?? '') < (b ?? '') ? -1 : 1)

const fieldOf = (tag: string, knowledge: Knowledge): Field => {
  const core = coreBases(knowledge.modules)
  const contents = knowledge.contents.find((entry) => entry.tag === tag)
  const pointed = pointedAt(contents, new Set([...core.kernel, ...core.hal]))
  const unloaded = knowledge.unloadedModules.length
  const unlisted = new Set(knowledge.modules.filter((module) => !module.listed).map(({ base }) => base))
  const { imports } = knowledge
  if (tag !== untaggedTag || imports === null)
    return { tag, holders: [], hal: null, pointed, search: null, unloaded, unlisted }
  const { drivers, hal } = untaggedHolders(knowledge, imports)
  const search = { reach: searchReach(knowledge, imports), imports }
  return { tag, holders: drivers, hal, pointed, search, unloaded, unlisted }
}

const suspectsIn = ({ holders, pointed }: Field): Suspect[] => {
  const byBase = new Map<string, Suspect>()
  for (const holder of holders) byBase.set(holder.base, { ...holder, holder, pointed: null })
  for (const at of pointed) {
    const holder = byBase.get(at.base)?.holder ?? null
    byBase.set(at.base, { name: at.name, base: at.base, holder, pointed: at })
  }
  return [...byBase.values()]
}

const weigh = (suspect: Suspect, field: Field): Candidate => {
  const { name, base } = suspect
  const inFavour = [
    ...holdingEvidence(suspect, field),
    ...contentsEvidence(suspect, field),
    ...whereabouts(suspect, field),
  ]
  const against = [...searchDoubts(suspect, field), ...otherExplanations(suspect, field)]
  const ceiling = frameworkReason(name) === null ? evidenceTable.ceiling : evidenceTable.frameworkCeiling
  return {
    kind: 'module',
    name,
    base,
    pid: null,
    confidence: confidence(inFavour, against, ceiling),
    for: inFavour,
    against,
  }
}

const placeOf: Record<ImporterKind, string> = {
  'import-table': 'in its import table',
  'delay-import': 'in its delay import table',
  'unlisted-import-table': 'in a table of imported routines that its headers no longer list',
  'stored-pointer': 'as a pointer stored in its data',
  code: 'among its instructions',
  'kernel-own': 'in the kernel itself',
}

const holdingEvidence = ({ name, base, holder }: Suspect, { holders, search, pointed }: Field): Evidence[] => {
  if (holder === null || search === null) return []
  const word = strongest(holder.words)
  const kind = kindOf(word)
  const items = [
    evidence(kind, `${name} holds the address of ${word.allocator} ${placeOf[word.kind]}, at ${word.address}.`, {
      address: word.address,
      module: name,
    }),
  ]
  // Where the blocks point to a driver that is gone, with its import table, the only one left was not the only one.
  const gone = pointed.some((at) => at.unloaded && at.strength === 'recurring')
  if (!gone && holders.length === 1 && holders[0].base === base) items.push(...soleHolder(holder, search.reach))
  const calls = holder.words.reduce((sum, { callSites }) => sum + (callSites ?? 0), 0)
  if (calls > 0)
    items.push(evidence('called', `${counted(calls, 'instruction')} in ${name} use that slot.`, { module: name }))
  return items
}

/** The row of the weights table; words of the kernel itself never get here (see holders.ts). */
const kindOf = ({ kind }: Importer): Exclude<ImporterKind, 'kernel-own'> => (kind === 'kernel-own' ? 'code' : kind)

const soleHolder = ({ name }: Holder, { searched, unread, note }: SearchReach): Evidence[] => {
  if (unread.length === 0 && note === null)
    return [
      evidence(
        'sole-holder',
        `Of ${counted(searched, 'module')} beside the kernel it is the only driver that holds a routine whose blocks are untagged; all import tables were read.`,
        { module: name },
      ),
    ]
  if (note !== null || searched - unread.length < searched * evidenceTable.nearlyAll) return []
  return [
    evidence(
      'sole-holder-of-those-read',
      `Of the ${counted(searched - unread.length, 'module')} whose import tables were read it is the only driver that holds a routine whose blocks are untagged; ${counted(unread.length, 'table')} could not be read (${listed(unread)}).`,
      { module: name },
    ),
  ]
}

const contentsEvidence = ({ name, pointed }: Suspect, { tag }: Field): Evidence[] => {
  if (pointed === null) return []
  const { blocks, sampled, otherBlocks, otherSampled, example, strength } = pointed
  const others =
    otherSampled === 0
      ? 'no other blocks were at hand to compare'
      : `in blocks of other tags ${otherBlocks} of ${otherSampled} do`
  return [
    evidence(
      strength === 'recurring' ? 'contents-recurring' : 'contents-some',
      `${blocks} of ${sampled} sampled blocks tagged ${tag} hold a pointer into ${name}; ${others}.`,
      { address: example, module: name },
    ),
  ]
}

const whereabouts = ({ name, base, pointed }: Suspect, { unlisted }: Field): Evidence[] => {
  if (pointed?.unloaded)
    return [evidence('unloaded', `${name} is no longer in memory: what it had not freed when it was unloaded stays.`)]
  return unlisted.has(base)
    ? [evidence('unlisted', `${name} is in memory, its code executable, and not on the list of loaded modules.`)]
    : []
}

const searchDoubts = ({ name, base, holder, pointed }: Suspect, { holders, search, hal, tag }: Field): Evidence[] => {
  if (search === null) return []
  const { reach, imports } = search
  const items: Evidence[] = []
  if (holder === null) {
    // Its import table went with it: that no address was found there says nothing.
    if (pointed?.unloaded) return items
    items.push(
      evidence(
        'no-holder',
        `No untagged allocator's address was found in ${name}; it would have to allocate through another module.`,
      ),
    )
    return items
  }
  const others = holders.filter((other) => other.base !== base).map((other) => other.name)
  if (others.length > 0)
    items.push(
      evidence(
        'other-holders',
        `${listed(others)} ${others.length === 1 ? 'holds' : 'hold'} such an address as well.`,
        {
          times: Math.log2(1 + rivals(holder, holders)),
        },
      ),
    )
  if (reach.note !== null || reach.searched - reach.unread.length < reach.searched * evidenceTable.nearlyAll)
    items.push(
      evidence(
        'unsearched-modules',
        `${reach.note === null ? '' : `${reach.note} `}The import tables of ${reach.unread.length} of ${counted(reach.searched, 'module')} could not be read; any of them may hold the routine as well.`,
      ),
    )
  if (neverCalled(holder))
    items.push(evidence('not-called', `No instruction in ${name} uses the slot, while its other slots are used.`))
  if (hal !== null) items.push(evidence('hal-holds-it', `${hal.name} holds the routine too, as hals of that age do.`))
  const resolved = new Set(imports.allocators.map((allocator) => allocator.name))
  const missing = allocatorSet.routines.filter((routine) => routine.untagged && !resolved.has(allocatorName(routine)))
  if (missing.length > 0)
    items.push(
      evidence(
        'allocator-unresolved',
        `${listed(missing.map(allocatorName))} was not found among the kernel's exports, so its users (whose blocks carry ${tag} too) are not known.`,
      ),
    )
  return items
}

/** The other holders together, each counted by how its kind of hold compares with this one's: equal ones count 1. */
const rivals = (holder: Holder, holders: readonly Holder[]): number => {
  const worth = ({ words }: Holder): number => Math.exp(evidenceTable.weights[kindOf(strongest(words))])
  return holders.filter((other) => other !== holder).reduce((sum, other) => sum + worth(other) / worth(holder), 0)
}

const neverCalled = (holder: Holder): boolean => holder.words.every((word) => word.callSites === 0)

const otherExplanations = ({ name, base, pointed }: Suspect, field: Field): Evidence[] => {
  const items: Evidence[] = []
  const elsewhere = field.pointed.filter((at) => at.base !== base && at.strength === 'recurring')
  if (elsewhere.length > 0 && pointed?.strength !== 'recurring')
    items.push(
      evidence(
        'contents-elsewhere',
        `The blocks' contents point into ${listed(elsewhere.map((at) => at.name))} instead.`,
      ),
    )
  const framework = frameworkReason(name)
  if (framework !== null)
    items.push(
      evidence(
        'framework',
        `${name} is ${framework}: it allocates on behalf of its clients, and one of them may be the cause.`,
      ),
    )
  if (field.unloaded > 0 && !pointed?.unloaded)
    items.push(
      evidence(
        'unloaded-drivers',
        `${counted(field.unloaded, 'driver')} ${field.unloaded === 1 ? 'was' : 'were'} unloaded since the machine started and may have left blocks behind.`,
      ),
    )
  return items
}
