import { TemplateError } from '../template/template.ts'
import type { LambdaFunction } from './function.ts'
import type { FunctionError } from './runtime-api.ts'

const unitMs: Record<string, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 }

/** Milliseconds of a `rate(5 minutes)`. Throws a `TemplateError` for what is not a rate. */
export const rateMilliseconds = (expression: string): number => {
  const [, value, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? []
  if (value === undefined || Number(value) === 0)
    throw new TemplateError(`The local stack runs schedules at a rate, and not "${expression}".`)
  return Number(value) * unitMs[unit]
}

export type Schedule = { readonly stop: () => void }

/**
 * Invokes a function at a rate, as EventBridge does, and once soon after the start: what the stack before this one left
 * unfinished need not wait. A run that lasts longer than the rate is not overtaken by the next.
 */
export const startSchedule = (
  ruleName: string,
  everyMs: number,
  targets: readonly LambdaFunction[],
  onFailure: (name: string, error: FunctionError) => void,
  firstAfterMs = 1_000,
): Schedule => {
  let isStopped = false
  const run = async (): Promise<void> => {
    const event = { source: 'aws.events', 'detail-type': 'Scheduled Event', resources: [ruleName], detail: {} }
    for (const target of targets) {
      const outcome = await target.invoke({ ...event, time: new Date().toISOString() })
      if (!outcome.ok && !isStopped) onFailure(target.name, outcome.error)
    }
  }
  const runAndWait = async (): Promise<void> => {
    await run()
    if (!isStopped) timer = setTimeout(runAndWait, everyMs)
  }
  let timer = setTimeout(runAndWait, Math.min(firstAfterMs, everyMs))
  return {
    stop: () => {
      isStopped = true
      clearTimeout(timer)
    },
  }
}
