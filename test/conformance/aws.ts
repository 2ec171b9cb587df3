import { randomBytes } from 'node:crypto'

/**
 * For `describe.skipIf`: whether a suite leaves AWS out, said in one line. It asks AWS only where DUMPLINE_AWS_CONFORMANCE
 * is 1, with the SDK's usual credentials and region: it makes a bucket, queues and a table of its own, and removes them.
 * Not even a complete run must have it, for no checkout brings credentials along.
 */
export const withoutAws = (): boolean => {
  if (process.env.DUMPLINE_AWS_CONFORMANCE === '1') return false
  console.log('The suite leaves AWS out: DUMPLINE_AWS_CONFORMANCE=1, with credentials and a region, has it asked too.')
  return true
}

/** What a resource made for one run is called. */
export const awsName = (): string => `dumpline-conformance-${randomBytes(6).toString('hex')}`
