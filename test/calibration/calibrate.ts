import { writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { calibrationOf, isCalibrated, printed, type Scored, score } from './score.ts'

/**
 * Forges machines at random, analyses them and prints how often each confidence was right:
 * `npx node test/calibration/calibrate.ts [COUNT] [SEED] [FILE]`, the table kept in FILE. Exits with 1 when confidence means less
 * than it says.
 */
const run = async (count: number, seed: string): Promise<Scored[]> => {
  const workers = Math.min(availableParallelism(), 8)
  const parts = Array.from(
    { length: workers },
    (_, part) =>
      new Promise<Scored[]>((resolve, reject) => {
        const worker = new Worker(new URL(import.meta.url), { workerData: { count, seed, part, workers } })
        worker.once('message', resolve)
        worker.once('error', reject)
      }),
  )
  return (await Promise.all(parts)).flat()
}

const work = async ({
  count,
  seed,
  part,
  workers,
}: Record<'count' | 'part' | 'workers', number> & { seed: string }) => {
  const scored: Scored[] = []
  for (let index = part; index < count; index += workers) scored.push(await score(seed, index))
  parentPort?.postMessage(scored)
}

if (isMainThread) {
  const [count = '500', seed = 'calibration', kept] = process.argv.slice(2)
  const calibration = calibrationOf(await run(Number(count), seed))
  const table = `${count} variants of seed "${seed}"\n${printed(calibration)}\n`
  process.stdout.write(table)
  if (kept !== undefined) await writeFile(kept, table)
  process.exitCode = isCalibrated(calibration) ? 0 : 1
} else await work(workerData)
