import type { Candidate, Evidence } from '../analysis/finding.ts'
import type { HandleUse, ObjectUse } from '../analysis/object-use.ts'
import { confidence, type EvidenceKind, evidence, evidenceTable } from './evidence.ts'
import type { Knowledge } from './knowledge.ts'
import { counted, grouped, percent } from './wording.ts'

/** More processes than these hold handles, and tell nothing. */
const mostProcesses = 5

/** What is known of the objects of a tag: how many, and how many handles there are to them. */
export type ObjectCounts = Pick<ObjectUse, 'tag' | 'name' | 'objects' | 'handles'> & {
  /** Whether their type says so; else objects are the tag's blocks, and handles those that were followed to them. */
  readonly byType: boolean
}

/** Null when neither the type of the objects nor any process's handles could be read. */
export const objectCounts = (tag: string, { imports, pool }: Knowledge): ObjectCounts | null => {
  const totals = imports?.objects.find((entry) => entry.tag === tag)
  if (totals !== undefined) return { ...totals, byType: true }
  const followed = (imports?.processes ?? []).map((process) => handlesTo(tag, process))
  if (!followed.some((count) => count !== null)) return null
  const usage = pool?.tags.find((row) => row.tag === tag)
  return {
    tag,
    name: tag.trimEnd(),
    objects: (usage?.nonPaged.outstanding ?? 0) + (usage?.paged.outstanding ?? 0),
    handles: followed.reduce<number>((sum, count) => sum + (count ?? 0), 0),
    byType: false,
  }
}

/** Handles of a process that were found to lead to objects of a tag; null when they were not followed. */
const handlesTo = (tag: string, { contents }: HandleUse): number | null =>
  contents === null ? null : (contents.types.find((type) => type.tag === tag)?.handles ?? 0)

/** Whether handles account for most of the objects; else references without handles keep them, as drivers hold. */
export const keptByHandles = ({ objects, handles }: ObjectCounts): boolean =>
  handles >= objects * evidenceTable.handlesForObjects

/** Whether most of the threads that handles were followed to have not ended: then it is not the handles that keep them. */
export const areRunning = (tag: string, { imports }: Pick<Knowledge, 'imports'>): boolean => {
  const types = (imports?.processes ?? []).flatMap(({ contents }) => contents?.types ?? [])
  const known = types.filter((type) => type.tag === tag && type.ended !== null)
  const handles = known.reduce((total, type) => total + type.handles, 0)
  const ended = known.reduce((total, type) => total + (type.ended ?? 0), 0)
  return handles > 0 && ended < handles * evidenceTable.handlesForObjects
}

/**
 * The processes that hold the handles to objects of a tag: those in whose tables they were found, and one that must have
 * them because what all others can have leaves them to it.
 */
export const holdingProcesses = (tag: string, knowledge: Knowledge): Candidate[] => {
  const counts = objectCounts(tag, knowledge)
  const { imports } = knowledge
  if (counts === null || imports === null || !keptByHandles(counts)) return []
  const others = (one: HandleUse): number | null =>
    imports.processesNote === null ? sum(imports.processes.filter((process) => process !== one).map(most(tag))) : null
  return imports.processes
    .flatMap((process) => {
      const inFavour = handleEvidence(process, counts, others(process), imports.processes)
      return inFavour.length === 0
        ? []
        : [
            candidate(process, inFavour, [
              ...fewObjects(process, counts),
              ...livingDoubts(process, counts),
              ...unreadDoubts(imports.processes),
            ]),
          ]
    })
    .sort((a, b) => b.confidence - a.confidence || (a.pid ?? 0) - (b.pid ?? 0))
    .slice(0, mostProcesses)
}

/** How many handles to objects of a tag a process can have at most; null when that is not known. */
const most =
  (tag: string) =>
  (process: HandleUse): number | null =>
    process.contents === null
      ? process.handles
      : (handlesTo(tag, process) ?? 0) + process.contents.unknown + process.contents.unseen

const sum = (numbers: readonly (number | null)[]): number | null =>
  numbers.reduce((total, number) => (total === null || number === null ? null : total + number), 0)

const handleEvidence = (
  process: HandleUse,
  counts: ObjectCounts,
  others: number | null,
  processes: readonly HandleUse[],
): Evidence[] => {
  const { name, pid, handles } = process
  const found = handlesTo(counts.tag, process)
  const all = Math.max(counts.handles, found ?? 0)
  // Handles that nobody followed may be as many as the objects themselves.
  const share = (found ?? 0) / Math.max(1, counts.byType ? all : Math.max(all, counts.objects))
  if (found !== null && share >= evidenceTable.someHandles)
    return [
      evidence(
        share >= evidenceTable.handlesForObjects ? 'handles-counted' : 'some-handles-counted',
        `${name} (process ${pid}) has ${about(process)}${grouped(found)} of the ${grouped(all)} handles to ${counts.name} objects in its handle table${followed(process)}.${ended(process, counts)}`,
      ),
    ]
  if (handles === null || !counts.byType) return []
  const own = others === null ? 0 : Math.min(handles, counts.handles - others)
  if (others !== null && own >= counts.handles * evidenceTable.handlesForObjects)
    return [
      evidence(
        'handles-here',
        `${name} (process ${pid}) has ${counted(handles, 'handle')} open, all other processes together can have ${grouped(others)} of those in question: at least ${grouped(own)} of the ${grouped(counts.handles)} handles to ${counts.name} objects are its own.`,
      ),
    ]
  // With all processes known the sum above is the whole truth: having many handles of any kind adds nothing to it.
  const open = processes.reduce((total, one) => total + (one.handles ?? 0), 0)
  return others === null &&
    found === null &&
    handles >= open * evidenceTable.handlesForObjects &&
    handles >= counts.handles * evidenceTable.handlesForObjects
    ? [
        evidence(
          'most-handles',
          `${name} (process ${pid}) has ${counted(handles, 'handle')} open, more than all other processes that could be read; there are ${grouped(counts.handles)} handles to ${counts.name} objects.`,
        ),
      ]
    : []
}

const isSample = ({ contents }: HandleUse): boolean => contents !== null && contents.followed < contents.found

const about = (process: HandleUse): string => (isSample(process) ? 'about ' : '')

const followed = (process: HandleUse): string =>
  isSample(process)
    ? ` (${grouped(process.contents?.followed ?? 0)} of its ${grouped(process.contents?.found ?? 0)} handles were followed)`
    : ''

const ended = ({ contents }: HandleUse, { tag }: ObjectCounts): string => {
  const type = contents?.types.find((one) => one.tag === tag)
  return type?.ended === null || type === undefined || type.ended === 0
    ? ''
    : ` ${percent(type.ended, type.handles)} of those threads have ended: only the handles keep them.`
}

/** Objects that live as long as what they stand for runs, whoever has handles to them. */
const livingObjects: readonly string[] = ['Thre', 'Proc']

/** Windows' own subsystem has a handle to each thread and process of its session, from their start to their end. */
const accountKeeper = 'csrss.exe'

/** What speaks against handles that keep nothing: a thread that runs is there without them. */
const livingDoubts = ({ name, contents }: HandleUse, { tag }: ObjectCounts): Evidence[] => {
  if (!livingObjects.includes(tag)) return []
  const type = contents?.types.find((one) => one.tag === tag)
  const ended = type?.ended ?? null
  if (type !== undefined && ended !== null)
    return ended >= type.handles * evidenceTable.handlesForObjects
      ? []
      : [
          evidence(
            'still-running',
            `Most of those threads run (${percent(ended, type.handles)} have ended): it is not the handles that keep them, but whoever starts them and lets them run.`,
          ),
        ]
  return name.toLowerCase() === accountKeeper
    ? [
        evidence(
          'keeps-account',
          `${name} has a handle to each thread and process of its session while they run, whoever started them.`,
        ),
      ]
    : []
}

/** Handles keep the objects that they lead to, however many there are to each. */
const fewObjects = ({ contents }: HandleUse, { tag, objects }: ObjectCounts): Evidence[] => {
  const led = contents?.types.find((one) => one.tag === tag)?.objects
  return led === undefined || led >= objects * evidenceTable.someHandles
    ? []
    : [
        evidence(
          'few-objects-held',
          `They lead to ${grouped(led)} of the ${grouped(objects)} objects: it is not these handles that keep the others.`,
        ),
      ]
}

const unreadDoubts = (processes: readonly HandleUse[]): Evidence[] => {
  const unread = processes.filter(({ handles }) => handles === null).length
  return unread === 0
    ? []
    : [
        evidence(
          'unread-handle-tables',
          `The handle tables of ${unread} of ${counted(processes.length, 'process', 'processes')} could not be read.`,
        ),
      ]
}

/** Where the handles do not keep the objects, counting them proves nothing. */
const disproving: ReadonlySet<string> = new Set<EvidenceKind>(['few-objects-held', 'still-running', 'keeps-account'])

const candidate = ({ name, pid }: HandleUse, inFavour: Evidence[], against: Evidence[]): Candidate => {
  const proven =
    inFavour.some(({ kind }) => kind === 'handles-counted' || kind === 'handles-here') &&
    !against.some(({ kind }) => disproving.has(kind))
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
