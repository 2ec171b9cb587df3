import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type Machine, machineTokens } from '../../infra/local/identity/machine.ts'
import { type ApiClient, apiClient } from '../../infra/local/job/api-client.ts'

const module = (path: string): string => JSON.stringify(join(import.meta.dirname, '../../infra/local', path))

export type StackProcess = {
  readonly origin: string
  /** Its API as automation calls it. */
  readonly api: ApiClient
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
    console.log(JSON.stringify({ origin: stack.origins.http, machine: stack.machine('engineer') }))
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
  const ready = Promise.withResolvers<{ origin: string; machine: Machine }>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    const said = JSON.parse(line) as { origin?: string; machine?: Machine; problem?: string; deadLetters?: unknown[] }
    if (said.origin && said.machine) ready.resolve({ origin: said.origin, machine: said.machine })
    if (said.problem !== undefined) problems.push(said.problem)
    if (said.deadLetters !== undefined) deadLetters = said.deadLetters
  })
  ended.then(() => ready.reject(new Error('The stack ended before it was ready.')))
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal)
    await ended
  }
  const { origin, machine } = await ready.promise
  return {
    origin,
    api: apiClient(origin, machineTokens(machine)),
    pid: child.pid!,
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    deadLetters: () => deadLetters,
    problems,
  }
}
