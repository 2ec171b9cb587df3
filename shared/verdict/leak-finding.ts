import type { Candidate, Evidence, Finding } from '../analysis/finding.ts'
import { untaggedTag } from '../imports/allocators.ts'
import { advice } from './advice.ts'
import { candidatesFor } from './candidates.ts'
import { carriersOf } from './carriers.ts'
import { evidenceTable } from './evidence.ts'
import { holdersOf, searchReach } from './holders.ts'
import type { Knowledge } from './knowledge.ts'
import { isGuidName } from './known-modules.ts'
import { objectTags } from './leak-rules.ts'
import type { Leak } from './leaks.ts'
import { areRunning, keptByHandles, objectCounts } from './object-holders.ts'
import { counted, grouped, listed, percent, poolName } from './wording.ts'

/** Contract: `culprit` takes one candidate at 0.9 or more and a clear lead over the second. */
const statusOf = (candidates: readonly Candidate[]): 'culprit' | 'suspects' | 'inconclusive' => {
  const [first, second] = candidates
  if (first === undefined) return 'inconclusive'
  const { culprit, suspect } = evidenceTable
  if (first.confidence >= culprit.confidence && first.confidence - (second?.confidence ?? 0) >= culprit.lead)
    return 'culprit'
  return first.confidence >= suspect ? 'suspects' : 'inconclusive'
}

/** The candidates a sentence names: the culprit alone, else the first and all at least half as likely. */
export const named = (finding: Finding): readonly Candidate[] => {
  const [first] = finding.candidates
  if (first === undefined || finding.status === 'culprit') return finding.candidates.slice(0, 1)
  return finding.candidates.filter((other) => other.confidence * 2 >= first.confidence)
}

/** The finding on one tag. `doubts` speak against its being a leak. */
export const leakFinding = (leak: Leak, knowledge: Knowledge, doubts: readonly Evidence[] = []): Finding => {
  const { pool, tag, totals } = leak
  const candidates = candidatesFor(tag.tag, pool, knowledge, doubts)
  const finding: Finding = {
    id: `${isObject(leak) ? 'object-leak' : 'pool-leak'}-${pool}-${tag.tag}`,
    kind: isObject(leak) ? 'object-leak' : 'pool-leak',
    pool,
    tag: tag.tag,
    bytes: totals.bytes,
    outstanding: totals.outstanding,
    status: statusOf(candidates),
    candidates,
    summary: '',
    nextStep: '',
  }
  return { ...finding, summary: summary(leak, finding, knowledge), nextStep: nextStep(leak, finding, knowledge) }
}

const isObject = ({ tag }: Leak): boolean => objectTags.includes(tag.tag)

const summary = (leak: Leak, finding: Finding, knowledge: Knowledge): string =>
  [amount(leak, knowledge), relief(leak), whose(leak, knowledge), who(finding, knowledge)]
    .filter((part) => part !== '')
    .join(' ')

const amount = ({ tag, totals, pool, pressure, share }: Leak, knowledge: Knowledge): string => {
  const atLeast = knowledge.pool?.lowerBound ? 'at least ' : ''
  // A scan meets blocks that are there: how many were ever made and freed it cannot tell.
  const freed =
    totals.allocations === 0 || knowledge.pool?.source === 'scan'
      ? ''
      : `, ${percent(totals.frees, totals.allocations)} of all it ever made were freed`
  return `${capital(pressure.phrase)}; the tag ${tag.tag} holds ${atLeast}${grouped(totals.bytes)} bytes of ${poolName(pool)} (${Math.round(share * 100)} %) in ${counted(totals.outstanding, 'block')}${freed}.`
}

const relief = ({ pressure, totals }: Leak): string => {
  const { usedBytes, maximumBytes, pool } = pressure
  if (usedBytes === null || maximumBytes === null) return ''
  return `Without it ${poolName(pool)} would be ${percent(Math.max(0, usedBytes - totals.bytes), maximumBytes)} used.`
}

const whose = (leak: Leak, knowledge: Knowledge): string => {
  const { tag } = leak
  if (tag.tag === untaggedTag)
    return 'Blocks with this tag come from ExAllocatePool and ExAllocatePoolWithQuota, which take no tag.'
  if (isObject(leak))
    return `They are kernel objects, made by the object manager whoever asked for them.${objectsAndHandles(leak, knowledge)}`
  const meaning = tag.meaning === null ? '' : ` It stands for: ${tag.meaning}.`
  if (tag.owner === null) return meaning === '' ? 'Nothing is known of the tag.' : meaning.trimStart()
  return `The tag belongs to ${tag.owner}, which need not be what causes its growth.${meaning}`
}

const objectsAndHandles = ({ tag }: Leak, knowledge: Knowledge): string => {
  const counts = objectCounts(tag.tag, knowledge)
  if (counts === null) return ''
  const { name, objects, handles, byType } = counts
  if (!byType)
    return ` Their type's own totals are not in the dump; of the handles that were followed ${grouped(handles)} lead to such objects.`
  const without = Math.max(0, objects - handles)
  const kept = areRunning(tag.tag, knowledge)
    ? 'most of those that handles lead to run, so that whoever starts them and lets them run is to be looked for'
    : keptByHandles(counts)
      ? 'they are kept by handles that are not closed'
      : `at least ${grouped(without)} are kept by references without a handle, as drivers hold them`
  return ` There are ${counted(objects, `${name} object`)} and ${counted(handles, 'handle')} to them: ${kept}.`
}

const who = (finding: Finding, knowledge: Knowledge): string => {
  const names = named(finding).map((candidate) => candidate.name)
  if (finding.status === 'culprit')
    return `${names[0]} is the culprit, with a confidence of ${finding.candidates[0].confidence}.`
  if (finding.status === 'suspects')
    return names.length === 1
      ? `${names[0]} is suspected, but the evidence is not enough to call it the culprit.`
      : `${listed(names)} are suspected; the evidence does not tell them apart.`
  if (finding.tag === untaggedTag) return searchOutcome(knowledge)
  if (finding.kind === 'object-leak') return holdersOutcome(finding.tag ?? '', knowledge)
  return tagOutcome(finding.tag, knowledge)
}

/** Why no process is named for objects. */
const holdersOutcome = (tag: string, knowledge: Knowledge): string => {
  const counts = objectCounts(tag, knowledge)
  const processes = knowledge.imports?.processes ?? []
  if (processes.length === 0)
    return `Who holds them cannot be told: ${knowledge.imports?.processesNote ?? 'the processes were not read.'}`
  if (counts !== null && !keptByHandles(counts)) return 'No dump tells which driver holds a reference.'
  if (areRunning(tag, knowledge)) return 'Who started them is not looked for.'
  const followed = processes.filter(({ contents }) => contents !== null).length
  return followed === 0
    ? `Which of ${counted(processes.length, 'process', 'processes')} holds the handles cannot be told: handle tables could not be followed to the objects.`
    : `Of ${counted(processes.length, 'process', 'processes')}, ${grouped(followed)} of which were looked into, none holds a good part of the handles.`
}

/** Why the search for the tag in code names nobody. */
const tagOutcome = (tag: string | null, knowledge: Knowledge): string => {
  const nobody = 'No module stands out as the one that allocates them.'
  const carriers = knowledge.imports === null || tag === null ? null : carriersOf(tag, knowledge, knowledge.imports)
  if (carriers === null) return `${nobody} No code was searched for the tag.`
  const searched = `${percent(carriers.readBytes, carriers.wantedBytes)} of all code was searched for the tag`
  if (carriers.drivers.length > 0)
    return `${nobody} ${searched}; ${listed(carriers.drivers.map(({ name }) => name))} ${carriers.drivers.length === 1 ? 'uses' : 'use'} it.`
  const texts = (knowledge.imports?.tagUses ?? []).filter((use) => use.tag === tag && use.data + use.loose > 0)
  const text =
    texts.length === 0
      ? ''
      : ` Its characters stand in ${listed(texts.map(({ module }) => module))}, where no instruction uses them.`
  return `${nobody} ${searched}, and no driver's code uses it: it may be computed, or kept in a variable.${text}`
}

/** Why the search for untagged allocators names nobody. */
const searchOutcome = (knowledge: Knowledge): string => {
  const { imports } = knowledge
  if (imports === null) return 'The modules were not searched for these routines.'
  if (!imports.allocators.some((allocator) => allocator.name === 'nt!ExAllocatePool'))
    return "The address of nt!ExAllocatePool is not known: the kernel's export table is not whole in the dump."
  const { drivers } = holdersOf(untaggedTag, knowledge, imports)
  const { searched, unread } = searchReach(knowledge, imports)
  const reach =
    unread.length === 0
      ? ''
      : ` The import tables of ${unread.length} of ${counted(searched, 'module')} could not be read: any of them may.`
  return drivers.length === 0
    ? `No driver was found to hold the address of either routine.${reach}`
    : `${counted(drivers.length, 'driver')} hold such an address, too many to suspect one.`
}

const nextStep = (leak: Leak, finding: Finding, knowledge: Knowledge): string => {
  const first = finding.candidates[0]?.name ?? ''
  if (finding.candidates[0]?.kind === 'process' && finding.status === 'culprit') return advice.handleHolder
  if (finding.status === 'culprit') return isGuidName(first) ? advice.guid : advice.vendor
  if (finding.candidates[0]?.for.some(({ kind }) => kind === 'unloaded')) return advice.unloaded
  if (isObject(leak)) return areRunning(leak.tag.tag, knowledge) ? advice.running : advice.objectHolder
  if (leak.tag.tag !== untaggedTag)
    return /^nt(!|$)/.test(leak.tag.owner ?? '') ? advice.kernelOnBehalf : advice.pooltag.replace('TAG', leak.tag.tag)
  const { imports } = knowledge
  const holders = imports === null ? [] : holdersOf(untaggedTag, knowledge, imports).drivers
  if (holders.length === 0) return advice.noHolder
  const looked = seen(knowledge)
  const several = looked ? advice.severalHoldersSeen : advice.severalHolders
  const step = holders.length > 1 ? several : looked ? advice.searchAgain : advice.blocksUnseen
  return isGuidName(first) ? `${step} ${advice.guid}` : step
}

/** Whether blocks without a tag were looked into. */
const seen = ({ contents }: Knowledge): boolean => contents.some(({ tag }) => tag === untaggedTag)

const capital = (sentence: string): string => sentence.charAt(0).toUpperCase() + sentence.slice(1)
