import type { Evidence } from '../analysis/finding.ts'
import type { Importer, ImporterKind } from '../analysis/importer.ts'
import { untaggedTag } from '../imports/allocators.ts'
import { evidence, evidenceTable } from './evidence.ts'
import { type Holder, strongest, unresolvedRoutines } from './holders.ts'
import type { Field, Suspect } from './suspects.ts'
import { counted, listed } from './wording.ts'

const placeOf: Record<ImporterKind, string> = {
  'import-table': 'in its import table',
  'delay-import': 'in its delay import table',
  'unlisted-import-table': 'in a table of imported routines that its headers no longer list',
  'stored-pointer': 'as a pointer stored in its data',
  code: 'among its instructions',
  'kernel-own': 'in the kernel itself',
}

/** Whether every module was searched for every routine that makes blocks of this tag, so that who was found is all there is. */
export const allHoldersKnown = ({ tag, search }: Field): boolean =>
  search !== null &&
  search.reach.unread.length === 0 &&
  search.reach.note === null &&
  unresolvedRoutines(tag, search.imports).length === 0

/** It holds a routine whose blocks carry the tag. For tags other than `None` the kernel calls these on behalf of others too. */
export const holdingEvidence = (suspect: Suspect, field: Field): Evidence[] => {
  const { name, holder, asks } = suspect
  if (field.search === null) return []
  if (holder === null)
    return asks === null
      ? []
      : [
          evidence(
            'asks-by-name',
            `${name} holds the name of ${asks.allocator} as a text, at ${asks.address}: so does who fetches a routine at run time and need not keep its address.`,
            { address: asks.address, module: name },
          ),
        ]
  const word = strongest(holder.words)
  const items = [
    evidence(
      kindOf(word),
      `${name} holds the address of ${word.allocator} ${placeOf[word.kind]}, at ${word.address}.`,
      {
        address: word.address,
        module: name,
      },
    ),
  ]
  // Where the blocks point to a driver that is gone, with its import table, the only one left was not the only one.
  const gone = field.suspects.some((other) => !other.loaded && other.pointed?.strength === 'recurring')
  if (field.tag === untaggedTag && !gone && holdersIn(field).length === 1 && !othersAsk(suspect, field))
    items.push(...soleHolder(holder, field))
  const calls = holder.words.reduce((sum, { callSites }) => sum + (callSites ?? 0), 0)
  if (calls > 0)
    items.push(evidence('called', `${counted(calls, 'instruction')} in ${name} use that slot.`, { module: name }))
  return items
}

/** Whether another driver may have fetched the routine by its name: then the only holder is not the only one that can call it. */
export const othersAsk = ({ base }: Suspect, { suspects }: Field): boolean =>
  suspects.some((other) => other.base !== base && other.asks !== null)

const holdersIn = ({ suspects }: Field): Holder[] => suspects.flatMap(({ holder }) => (holder === null ? [] : [holder]))

/** The row of the weights table; words of the kernel itself never get here (see holders.ts). */
const kindOf = ({ kind }: Importer): Exclude<ImporterKind, 'kernel-own'> => (kind === 'kernel-own' ? 'code' : kind)

const soleHolder = ({ name, words }: Holder, field: Field): Evidence[] => {
  if (field.search === null) return []
  const { searched, unread, note } = field.search.reach
  const declared = !['stored-pointer', 'code'].includes(strongest(words).kind)
  const times = declared ? 1 : evidenceTable.soleMerePointer
  if (allHoldersKnown(field))
    return [
      evidence(
        'sole-holder',
        `Of ${counted(searched, 'module')} beside the kernel it is the only driver that holds a routine whose blocks are untagged; all import tables were read.`,
        { module: name, times },
      ),
    ]
  if (note !== null || unread.length === 0 || searched - unread.length < searched * evidenceTable.nearlyAll) return []
  return [
    evidence(
      'sole-holder-of-those-read',
      `Of the ${counted(searched - unread.length, 'module')} whose import tables were read it is the only driver that holds a routine whose blocks are untagged; ${counted(unread.length, 'table')} could not be read (${listed(unread)}).`,
      { module: name, times },
    ),
  ]
}

/** What speaks against a holder, or against a suspect that should be one and is not. */
export const holdingDoubts = (suspect: Suspect, field: Field): Evidence[] => {
  const { name, base, holder, loaded } = suspect
  const { search, hal, tag } = field
  if (search === null) return []
  const { reach, imports } = search
  if (holder === null)
    return tag === untaggedTag && suspect.asks === null && loaded && imports.importTables[base] === 'read'
      ? [
          evidence(
            'no-holder',
            `No untagged allocator's address was found in ${name}; it would have to allocate through another module.`,
          ),
        ]
      : []

  const items: Evidence[] = []
  const holders = holdersIn(field)
  const others = holders.filter((other) => other.base !== base).map((other) => other.name)
  if (others.length > 0)
    items.push(
      evidence(
        'other-holders',
        `${listed(others)} ${others.length === 1 ? 'holds' : 'hold'} such an address as well.`,
        { times: Math.log2(1 + rivals(suspect, holder, field)) },
      ),
    )
  const asking = field.suspects.filter((other) => other.base !== base && other.asks !== null).map((other) => other.name)
  if (asking.length > 0)
    items.push(
      evidence(
        'others-ask',
        `${listed(asking)} ${asking.length === 1 ? 'holds' : 'hold'} the name of such a routine as a text, and may have fetched it at run time.`,
      ),
    )
  if (reach.note !== null || reach.searched - reach.unread.length < reach.searched * evidenceTable.nearlyAll)
    items.push(
      evidence(
        'unsearched-modules',
        [
          reach.note,
          reach.unread.length === 0
            ? null
            : `The import tables of ${reach.unread.length} of ${counted(reach.searched, 'module')} could not be read; any of them may hold the routine as well.`,
        ]
          .filter((sentence) => sentence !== null)
          .join(' '),
      ),
    )
  if (holder.words.every((word) => word.callSites === 0))
    items.push(evidence('not-called', `No instruction in ${name} uses the slot, while its other slots are used.`))
  if (hal !== null) items.push(evidence('hal-holds-it', `${hal.name} holds the routine too, as hals of that age do.`))
  const missing = unresolvedRoutines(tag, imports)
  if (missing.length > 0)
    items.push(
      evidence(
        'allocator-unresolved',
        `${listed(missing)} was not found, as the kernel's export table is not whole in the dump; its users (whose blocks carry ${tag} too) are not known.`,
      ),
    )
  return items
}

/**
 * The other holders together, each counted by how its kind of hold compares with this one's: equal ones count 1. Windows'
 * own drivers that allocate for others count for less: those of old import the routine as a matter of course.
 */
const rivals = (suspect: Suspect, holder: Holder, field: Field): number => {
  const { weights, leastRival } = evidenceTable
  const worth = ({ words }: Holder): number => Math.exp(weights[kindOf(strongest(words))])
  const discount = suspect.framework === null ? Math.exp(-weights.framework) : 1
  return field.suspects
    .filter((other) => other.base !== suspect.base)
    .reduce((sum, other) => {
      if (other.holder === null) return sum
      const share = Math.max(leastRival, worth(other.holder) / worth(holder))
      return sum + (other.framework === null ? share : share * discount)
    }, 0)
}
