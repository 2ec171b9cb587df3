import { Aws, CfnCondition, CfnParameter, Fn, Stack, Token } from 'aws-cdk-lib'
import type { RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'

/**
 * What whoever deploys the stack may choose. Each is made once for the stack, by whichever construct first asks for it;
 * the defaults are what the local stack runs with.
 */
const once = <T extends Construct>(scope: Construct, id: string, make: (stack: Stack) => T): T => {
  const stack = Stack.of(scope)
  return (stack.node.tryFindChild(id) as T | undefined) ?? make(stack)
}

/** Days that logs are kept. CloudWatch knows these values only. */
export const logRetention = (scope: Construct): RetentionDays =>
  once(
    scope,
    'LogRetentionDays',
    (stack) =>
      new CfnParameter(stack, 'LogRetentionDays', {
        type: 'Number',
        default: 90,
        allowedValues: [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731].map(String),
        description: 'Days that logs are kept.',
      }),
  ).valueAsNumber

/** How long dumps and results are kept after their case is closed, as the functions' environment says it; 0 keeps them. */
export const retentionPeriods = (scope: Construct): Record<string, string> => {
  const daysOf = (what: 'Dump' | 'Result', days: number, description: string): string =>
    once(
      scope,
      `${what}RetentionDays`,
      (stack) =>
        new CfnParameter(stack, `${what}RetentionDays`, { type: 'Number', default: days, minValue: 0, description }),
    ).valueAsString
  return {
    DUMP_RETENTION_DAYS: daysOf('Dump', 30, 'Days that an uploaded dump is kept after its case is closed; 0 keeps it.'),
    RESULT_RETENTION_DAYS: daysOf(
      'Result',
      730,
      'Days that results are kept after their case is closed; 0 keeps them.',
    ),
  }
}

/** From how many dollars a day on (functions and kept dumps) an alarm rings. */
export const dailyDollars = (scope: Construct): number =>
  once(
    scope,
    'DailyDollars',
    (stack) =>
      new CfnParameter(stack, 'DailyDollars', {
        type: 'Number',
        default: 25,
        minValue: 0,
        description: 'Dollars a day, for functions and kept dumps, from which on an alarm rings.',
      }),
  ).valueAsNumber

/** Who is told of alarms; empty where nobody is by e-mail. */
export const alarmEmail = (scope: Construct): string =>
  once(
    scope,
    'AlarmEmail',
    (stack) =>
      new CfnParameter(stack, 'AlarmEmail', {
        default: '',
        description: 'The address that alarms are sent to, if any.',
      }),
  ).valueAsString

/**
 * A function's reserved concurrency, or none where the account cannot spare any: a new account has 10 in all, and
 * refuses to set aside the last of them.
 */
export const reserve = (scope: Construct, concurrency: number | undefined): number | undefined => {
  if (concurrency === undefined) return undefined
  const wanted = once(
    scope,
    'ReserveConcurrency',
    (stack) =>
      new CfnParameter(stack, 'ReserveConcurrency', {
        default: 'yes',
        allowedValues: ['yes', 'no'],
        description: 'Whether functions get concurrency of their own; "no" for an account whose limit is too low.',
      }),
  )
  const isReserved = once(
    scope,
    'ConcurrencyIsReserved',
    (stack) => new CfnCondition(stack, 'ConcurrencyIsReserved', { expression: Fn.conditionEquals(wanted, 'yes') }),
  )
  return Token.asNumber(Fn.conditionIf(isReserved.logicalId, concurrency, Aws.NO_VALUE))
}
