import { isTagged } from '../../shared/bytes/tagged-error.ts'

/** What may be known of an error outside the process. */
export type ErrorDescription = {
  readonly name: string
  readonly message?: string
  readonly frames: readonly string[]
}

/**
 * An error for the log, without anything that a dump's memory could have got into: the message only of errors whose
 * messages are ours or AWS's own (a JSON parser, for one, quotes what it could not parse), and where it was thrown.
 */
export const describeError = (error: unknown): ErrorDescription => {
  if (!(error instanceof Error)) return { name: typeof error, frames: [] }
  const fromAws = '$metadata' in error
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
  return {
    name: error.name,
    ...(isTagged(error) || fromAws ? { message: error.message } : {}),
    frames: frames.slice(0, 10).map((line) => line.trim()),
  }
}
