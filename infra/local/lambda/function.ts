import { randomUUID } from 'node:crypto'
import { type Child, type FunctionSettings, startChild } from './child.ts'
import { largestPayload, type Outcome } from './runtime-api.ts'

/** A function that can be invoked; every call ends in an outcome, none throws. */
export type LambdaFunction = {
  readonly name: string
  readonly invoke: (event: unknown) => Promise<Outcome>
  /** Ends every process; calls under way end with an error. */
  readonly stop: () => Promise<void>
}

const idleSeconds = 120

/**
 * Runs a function in up to `concurrency` processes: an idle one is used again, calls beyond that wait their turn (AWS
 * would throttle them, and whoever called would try again).
 */
export const createFunction = (settings: FunctionSettings, concurrency: number): LambdaFunction => {
  const children = new Set<Child>()
  const idle: { child: Child; timer: NodeJS.Timeout }[] = []
  const waiting: (() => void)[] = []
  let running = 0
  let isStopped = false

  const start = async (): Promise<Child> => {
    const child = await startChild(settings, () => children.delete(child))
    children.add(child)
    return child
  }

  const takeIdle = (): Child | undefined => {
    for (let entry = idle.pop(); entry !== undefined; entry = idle.pop()) {
      clearTimeout(entry.timer)
      if (entry.child.isAlive()) return entry.child
    }
  }

  const rest = (child: Child): void => {
    const entry = {
      child,
      timer: setTimeout(() => {
        idle.splice(idle.indexOf(entry), 1)
        void child.end()
      }, idleSeconds * 1000).unref(),
    }
    idle.push(entry)
  }

  const run = async (event: string): Promise<Outcome> => {
    const child = takeIdle() ?? (await start())
    if (isStopped) await child.end()
    const outcome = await child.invoke(randomUUID(), event)
    if (child.isAlive() && !isStopped) rest(child)
    return outcome
  }

  const invoke = async (event: unknown): Promise<Outcome> => {
    const text = JSON.stringify(event)
    if (Buffer.byteLength(text) > largestPayload)
      return failure('RequestTooLargeException', `The event has more than ${largestPayload} bytes.`)
    if (running >= concurrency) await new Promise<void>((resolve) => waiting.push(resolve))
    else running++
    try {
      return isStopped ? failure('Sandbox.Stopped', 'The local stack is stopping.') : await run(text)
    } catch (error) {
      return failure('Runtime.StartError', (error as Error).message)
    } finally {
      // The turn passes to the next call, or is given back.
      const next = waiting.shift()
      if (next === undefined) running--
      else next()
    }
  }

  const stop = async (): Promise<void> => {
    isStopped = true
    for (const { timer } of idle) clearTimeout(timer)
    await Promise.all([...children].map((child) => child.end()))
  }

  return { name: settings.name, invoke, stop }
}

const failure = (errorType: string, errorMessage: string): Outcome => ({
  ok: false,
  error: { errorType, errorMessage },
})
