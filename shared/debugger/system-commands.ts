import { TaggedError } from '../bytes/tagged-error.ts'
import { readBuildLab, readServicePack } from '../kernel/build-lab.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { renderBugcheck, renderTarget } from '../report/target.ts'
import { renderVm } from '../report/vm.ts'
import type { Target } from './target.ts'

/** `vertarget`. */
export const showTarget = async (target: Target): Promise<string> =>
  renderTarget(target.facts, target.header, {
    servicePack: await readServicePack(target),
    buildLab: await readBuildLab(target),
    kernelBase: target.kdbg?.kernBase ?? (target.modules.length > 0 ? BigInt(target.modules[0].base) : null),
    psLoadedModuleList: target.kernel?.root.psLoadedModuleList ?? target.header.psLoadedModuleList,
  })

/** `.bugcheck`. */
export const showBugcheck = async ({ header }: Target): Promise<string> => renderBugcheck(header)

/** `!vm`. */
export const showVirtualMemory = async (target: Target): Promise<string> => {
  if (target.memoryUsage === null) throw withoutKernel('!vm')
  return renderVm(target.memoryUsage)
}

/** For commands that look into kernel memory as pages. */
export const withoutKernel = (command: string): TaggedError =>
  new TaggedError(
    'no-kernel-memory',
    `${command} needs the kernel's memory, and this dump does not hold it.`,
    'Collect a kernel, automatic or complete memory dump.',
  )

/** The kernel of a dump that holds it; a TaggedError for one that does not. */
export const kernelOf = (target: Target, command: string): Kernel => {
  if (target.kernel === null) throw withoutKernel(command)
  return target.kernel
}
