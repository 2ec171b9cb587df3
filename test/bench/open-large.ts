/**
 * How long a 64 GiB dump takes to open, to list the modules of and to read KDBG from, in a process of its own; beside it
 * what `dd` takes for as many bytes of the same file. `npx node test/bench/open-large.ts [GIGABYTES]`
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Listed } from './open-and-list.ts'
import { type SparseDump, sparseDump } from './sparse-dump.ts'

const rounds = 5

const write = async (path: string, dump: SparseDump): Promise<void> => {
  await using file = await open(path, 'w')
  await file.truncate(dump.bytes)
  for (const { offset, bytes } of dump.parts) await file.write(bytes, 0, bytes.length, offset)
}

const timed = <Result>(run: () => Result): { result: Result; milliseconds: number } => {
  const started = performance.now()
  const result = run()
  return { result, milliseconds: performance.now() - started }
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]
const times = <Result>(run: () => Result): Result[] => Array.from({ length: rounds }, run)

const gigabytes = Number(process.argv[2] ?? 64)
const folder = mkdtempSync(join(tmpdir(), 'dumpline-bench-'))
try {
  const path = join(folder, 'large.dmp')
  const dump = sparseDump(gigabytes)
  await write(path, dump)
  const reader = join(import.meta.dirname, 'open-and-list.ts')
  const runs = times(() => {
    const { result, milliseconds } = timed(() => execFileSync(process.execPath, [reader, path], { encoding: 'utf8' }))
    const own: Listed & { milliseconds: number; peakKilobytes: number } = JSON.parse(result)
    return { ...own, wholeMilliseconds: milliseconds }
  })
  const [first] = runs
  const copy = [`if=${path}`, 'of=/dev/null', 'bs=64K', `count=${Math.ceil(first.reads.bytes / 65536)}`]
  const copying = median(times(() => timed(() => execFileSync('dd', copy, { stdio: 'ignore' })).milliseconds))
  const starting = median(times(() => timed(() => execFileSync(process.execPath, ['-e', '0'])).milliseconds))
  const opening = median(runs.map(({ milliseconds }) => milliseconds))
  const whole = median(runs.map(({ wholeMilliseconds }) => wholeMilliseconds))
  const right = first.modules.join() === dump.truth.modules.join() && first.kernelBase === dump.truth.kernelBase
  const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`
  for (const line of [
    `dump: ${(dump.bytes / 2 ** 30).toFixed(1)} GiB, ${first.pages} pages, ${first.modules.length} modules, read ${right ? 'rightly' : 'WRONGLY'}`,
    `read: ${megabytes(first.reads.bytes)} in ${first.reads.reads} reads`,
    `peak memory: ${megabytes(Math.max(...runs.map(({ peakKilobytes }) => peakKilobytes)) * 1024)}`,
    `open, modules, KDBG: ${opening.toFixed(0)} ms; whole process ${whole.toFixed(0)} ms, of which Node's start ${starting.toFixed(0)} ms`,
    `dd of as many bytes: ${copying.toFixed(0)} ms; the whole process takes ${(whole / copying).toFixed(1)} times that`,
    `(medians of ${rounds} runs)`,
  ])
    console.log(line)
  if (!right) process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true })
}
