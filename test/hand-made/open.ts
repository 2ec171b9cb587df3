import { bufferSource } from '../../shared/bytes/buffer-source.ts'
import { openDump } from '../../shared/dump/open-dump.ts'
import type { Kernel } from '../../shared/kernel/kernel.ts'
import { openKernel } from '../../shared/kernel/open-kernel.ts'

/** Opens the bytes of a hand-made dump down to its kernel. */
export const openKernelOf = async (file: Uint8Array): Promise<Kernel> => {
  const source = bufferSource(file)
  const dump = await openDump(source)
  if (dump.kind !== 'memory') throw new Error(`opened as ${dump.kind}`)
  return openKernel(source, dump)
}
