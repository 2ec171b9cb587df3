import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type Machine, machineTokens } from '../../infra/local/identity/machine.ts'
import { type ApiClient, apiClient } from '../../infra/local/job/api-client.ts'
import type { LocalStack } from '../../infra/local/stack.ts'

type Ready = Pick<LocalStack, 'origins' | 'credentials'> & {
  readonly machines: { readonly engineer: Machine; readonly lead: Machine }
}

const module = (path: string): string => JSON.stringify(join(import.meta.dirname, '../../infra/local', path))

export type StackProcess = {
  readonly origin: string
  /** Its API as automation calls it. */
  readonly api: ApiClient
  /** The same, as a lead. */
  readonly lead: ApiClient
  /** Where its storage, queues and table are, for who writes to them past the API. */
  readonly origins: LocalStack['origins']
  readonly credentials: LocalStack['credentials']
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
export const startStackProcess = async (
  assembly: string,
  dataDir: string,
  portalDir = dataDir,
): Promise<StackProcess> => {
  const program = `
    import { startLocalStack } from ${module('stack.ts')}
    import { readAssembly } from ${module('template/assembly.ts')}
    const stack = await startLocalStack({
      ...(await readAssembly(${JSON.stringify(assembly)})),
      dataDir: ${JSON.stringify(dataDir)}, portalDir: ${JSON.stringify(portalDir)}, port: 0,
      onProblem: (problem) => console.log(JSON.stringify({ problem })),
    })
    const { origins, credentials } = stack
    const machines = { engineer: stack.machine('engineer'), lead: stack.machine('lead') }
    console.log(JSON.stringify({ ready: { origins, credentials, machines } }))
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
  const ready = Promise.withResolvers<Ready>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    const said = JSON.parse(line) as { ready?: Ready; problem?: string; deadLetters?: unknown[] }
    if (said.ready !== undefined) ready.resolve(said.ready)
    if (said.problem !== undefined) problems.push(said.problem)
    if (said.deadLetters !== undefined) deadLetters = said.deadLetters
  })
  ended.then(() => ready.reject(new Error('The stack ended before it was ready.')))
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal)
    await ended
  }
  const { origins, credentials, machines } = await ready.promise
  return {
    origin: origins.http,
    origins,
    credentials,
    api: apiClient(origins.http, machineTokens(machines.engineer)),
    lead: apiClient(origins.http, machineTokens(machines.lead)),
    pid: child.pid!,
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    deadLetters: () => deadLetters,
    problems,
  }
}
