import type { Coverage } from '../analysis/analysis.ts'
import type { HandleUse, ObjectUse } from '../analysis/object-use.ts'
import { readImage } from '../image/read-image.ts'
import type { ExportIndex } from '../imports/export-index.ts'
import type { SearchedModule } from '../imports/modules.ts'
import { resolveExport } from '../imports/resolve-allocators.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { type HandleOwner, type HandleOwners, readHandleOwners } from '../kernel/objects/handle-owners.ts'
import { learnTypeOfHeader } from '../kernel/objects/object-headers.ts'
import { readAllObjectTypes } from '../kernel/objects/object-type-table.ts'
import { type ObjectType, readExportedType, typeVariables } from '../kernel/objects/object-types.ts'
import { readProcesses } from '../kernel/processes.ts'

/** Who uses objects: totals of the types whose tags leak, and every process with its handles. */
export type ObjectUsers = {
  readonly objects: ObjectUse[]
  readonly processes: HandleUse[]
  /** Why processes are missing; null when none are. */
  readonly processesNote: string | null
}

export const noObjectUsers: ObjectUsers = { objects: [], processes: [], processesNote: null }

/** Reads them where `tags`, the leaked ones, have an object's among them; for none nothing is read. */
export const readObjectUsers = async (
  kernel: Kernel,
  modules: readonly SearchedModule[],
  index: ExportIndex,
  tags: readonly string[],
): Promise<{ readonly users: ObjectUsers; readonly coverage: Coverage[] }> => {
  const nt = modules.find((module) => module.kernel)
  if (tags.length === 0 || nt === undefined) return { users: noObjectUsers, coverage: [] }
  const types = await readTypes(kernel, modules, index, nt)
  const { processes, note } = await readProcesses(kernel)
  const processType = types.find(({ name }) => name === 'Process')
  const typeOf =
    processType === undefined
      ? null
      : await learnTypeOfHeader(
          kernel.memory,
          { type: processType, bodies: processes.map(({ address }) => address) },
          types,
        )
  const threadState = kernel.kdbg?.offset('OffsetKThreadState') ?? null
  const owners = await readHandleOwners(kernel.memory, kernel.build, processes, typeOf, threadState)
  return {
    users: {
      objects: types
        .filter(({ tag }) => tags.includes(tag))
        .map(({ tag, name, objects, handles, mostObjects }) => ({ tag, name, objects, handles, mostObjects })),
      processes: owners.owners.map((owner) => handleUse(owner, tags)),
      processesNote: note,
    },
    coverage: [coverageOf(owners, typeOf !== null)],
  }
}

/** The types that exported variables point to, and, where the kernel's table of them is found, all. */
const readTypes = async (
  { memory }: Kernel,
  modules: readonly SearchedModule[],
  index: ExportIndex,
  nt: SearchedModule,
): Promise<readonly ObjectType[]> => {
  const exported: ObjectType[] = []
  for (const type of typeVariables) {
    const variable = await resolveExport(modules, index, nt, type.variable)
    const read = variable === null ? null : await readExportedType(memory, variable, type)
    if (read !== null) exported.push(read)
  }
  const image = await readImage(memory, nt.base)
  const [first, second] = exported
  if (image === null || second === undefined) return exported
  return (await readAllObjectTypes(memory, image, first, second)) ?? exported
}

const handleUse = ({ pid, name, handles, contents }: HandleOwner, tags: readonly string[]): HandleUse => ({
  pid,
  name,
  handles,
  contents: contents && {
    found: contents.found,
    followed: contents.followed,
    unknown: contents.unknown,
    unseen: contents.unseen,
    types: [...contents.types].filter(([tag]) => tags.includes(tag)).map(([tag, counts]) => ({ tag, ...counts })),
  },
})

const coverageOf = ({ owners, followed, wantedBytes, readBytes }: HandleOwners, typesKnown: boolean): Coverage => {
  const walked = owners.filter(({ contents }) => contents !== null)
  const uncounted = owners.filter(({ handles }) => handles === null).length
  const notes = [
    followed
      ? `The handles of the ${walked.length} fullest of ${owners.length} processes were followed to their objects.`
      : typesKnown
        ? 'Under no known form do the entries of handle tables lead to objects, so that handles were counted and not followed.'
        : 'How objects name their type could not be learnt from the process list, so that handles were counted and not followed.',
    uncounted === 0 ? null : `The handle tables of ${uncounted} processes are not in the dump or of no known layout.`,
  ]
  return { area: 'handle tables', wantedBytes, readBytes, note: notes.filter((note) => note !== null).join(' ') }
}
