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

/** When S3 deletes what lies under a prefix: days as a parameter, 0 for never, and whether that is to happen at all. */
export type Retention = { readonly days: number; readonly status: string }

/** `what` names the parameter: `DumpRetentionDays`, `ResultRetentionDays`. */
export const objectRetention = (scope: Construct, what: 'Dump' | 'Result'): Retention => {
  const parameter = once(
    scope,
    `${what}RetentionDays`,
    (stack) =>
      new CfnParameter(stack, `${what}RetentionDays`, {
        type: 'Number',
        default: 0,
        minValue: 0,
        description: `Days after which ${what === 'Dump' ? 'an uploaded dump is' : 'what the analysis found is'} deleted; 0 keeps it.`,
      }),
  )
  const isLimited = once(
    scope,
    `${what}RetentionIsLimited`,
    (stack) =>
      new CfnCondition(stack, `${what}RetentionIsLimited`, {
        expression: Fn.conditionNot(Fn.conditionEquals(parameter, 0)),
      }),
  )
  return {
    // A lifecycle rule must name at least a day, also one that is off.
    days: Token.asNumber(Fn.conditionIf(isLimited.logicalId, parameter.valueAsNumber, 36_500)),
    status: Fn.conditionIf(isLimited.logicalId, 'Enabled', 'Disabled').toString(),
  }
}

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
