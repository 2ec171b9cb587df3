import type { HandleUse, ObjectUse } from '../analysis/object-use.ts'
import type { ExportIndex } from '../imports/export-index.ts'
import type { SearchedModule } from '../imports/modules.ts'
import { resolveExport } from '../imports/resolve-allocators.ts'
import { readHandleCounts } from '../kernel/handle-counts.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { readObjectTotals, typeVariables } from '../kernel/object-types.ts'
import { readProcesses } from '../kernel/processes.ts'

/** Who uses objects: totals of the types whose tags leak, and every process with its handles. */
export type ObjectUsers = {
  readonly objects: ObjectUse[]
  readonly processes: HandleUse[]
  /** Why processes are missing; null when none are. */
  readonly processesNote: string | null
}

export const noObjectUsers: ObjectUsers = { objects: [], processes: [], processesNote: null }

/** Reads them where one of the leaked tags is an object's; for other tags nothing is read. */
export const readObjectUsers = async (
  kernel: Kernel,
  modules: readonly SearchedModule[],
  index: ExportIndex,
  tags: readonly string[],
): Promise<ObjectUsers> => {
  const wanted = typeVariables.filter(({ tag }) => tags.includes(tag))
  const nt = modules.find((module) => module.kernel)
  if (wanted.length === 0 || nt === undefined) return noObjectUsers
  const objects: ObjectUse[] = []
  for (const type of wanted) {
    const variable = await resolveExport(modules, index, nt, type.variable)
    const totals = variable === null ? null : await readObjectTotals(kernel.memory, variable, type)
    if (totals !== null) objects.push(totals)
  }
  const { processes, note } = await readProcesses(kernel)
  const counts = await readHandleCounts(kernel.memory, kernel.build, processes)
  return { objects, processes: counts, processesNote: note }
}
