import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const module = (path: string): string => JSON.stringify(join(import.meta.dirname, '../../infra/local', path))

export type StackProcess = {
  readonly origin: string
  readonly pid: number
  /** SIGKILL, to it alone: its children must notice by themselves. Resolves when it is gone. */
  readonly kill: () => Promise<void>
  /** Ends it in order. */
  readonly stop: () => Promise<void>
  /** The dead-letter queues that hold something, as it reports them when it stops. */
  readonly deadLetters: () => readonly unknown[]
  readonly problems: readonly string[]
}

/** The synthesised template, run in a process of its own, so that it can be killed or measured. */
export const startStackProcess = async (assembly: string, dataDir: string): Promise<StackProcess> => {
  const program = `
    import { startLocalStack } from ${module('stack.ts')}
    import { readAssembly } from ${module('template/assembly.ts')}
    const stack = await startLocalStack({
      ...(await readAssembly(${JSON.stringify(assembly)})),
      dataDir: ${JSON.stringify(dataDir)}, portalDir: ${JSON.stringify(dataDir)}, port: 0,
      onProblem: (problem) => console.log(JSON.stringify({ problem })),
    })
    console.log(JSON.stringify({ origin: stack.origins.http }))
    process.on('SIGTERM', async () => {
      console.log(JSON.stringify({ deadLetters: stack.deadLetters() }))
      await stack.stop()
      process.exit(0)
    })`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'close')
  const problems: string[] = []
  let deadLetters: readonly unknown[] = []
  const ready = Promise.withResolvers<string>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    const said = JSON.parse(line) as { origin?: string; problem?: string; deadLetters?: unknown[] }
    if (said.origin !== undefined) ready.resolve(said.origin)
    if (said.problem !== undefined) problems.push(said.problem)
    if (said.deadLetters !== undefined) deadLetters = said.deadLetters
  })
  ended.then(() => ready.reject(new Error('The stack ended before it was ready.')))
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal)
    await ended
  }
  return {
    origin: await ready.promise,
    pid: child.pid!,
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    deadLetters: () => deadLetters,
    problems,
  }
}
