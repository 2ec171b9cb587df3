import { countingSource, type ReadCounts } from '../../shared/bytes/counting-source.ts'
import { openFileSource } from '../../shared/bytes/file-source.ts'
import type { ByteSource } from '../../shared/bytes/source.ts'
import { openDump } from '../../shared/dump/open-dump.ts'
import { openKernel } from '../../shared/kernel/open-kernel.ts'

export type Listed = {
  readonly pages: number
  readonly modules: readonly (string | null)[]
  readonly kernelBase: string | null
  readonly kdbgSize: number | null
  readonly reads: ReadCounts
}

/** Opens a dump, lists its modules, reads KDBG; counts what it takes. */
export const openAndList = async (source: ByteSource): Promise<Listed> => {
  const counting = countingSource(source)
  const dump = await openDump(counting)
  if (dump.kind !== 'memory') throw new Error(`The dump was opened as ${dump.kind}.`)
  const { modules, kdbg } = await openKernel(counting, dump)
  return {
    pages: dump.physical.presentPages,
    modules: modules.map(({ name }) => name),
    kernelBase: kdbg === null ? null : `0x${kdbg.kernBase.toString(16)}`,
    kdbgSize: kdbg?.size ?? null,
    reads: counting.counts,
  }
}

if (import.meta.main) {
  const started = performance.now()
  await using source = await openFileSource(process.argv[2])
  const listed = await openAndList(source)
  // Up to here without the start of Node itself: the caller measures the whole.
  const milliseconds = performance.now() - started
  process.stdout.write(JSON.stringify({ ...listed, milliseconds, peakKilobytes: process.resourceUsage().maxRSS }))
}
