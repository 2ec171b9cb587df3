/**
 * An error the engine raises on purpose. `tag` names the cause (kebab-case, stable), `message` is a full sentence,
 * `advice` says what the person in front of it can do. Anything else thrown is a defect of dumpline.
 */
export class TaggedError extends Error {
  readonly tag: string
  readonly advice: string

  constructor(tag: string, message: string, advice: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'TaggedError'
    this.tag = tag
    this.advice = advice
  }
}

/** Whether something thrown was raised on purpose, and with `tag` for this cause. */
export const isTagged = (error: unknown, tag?: string): error is TaggedError =>
  error instanceof TaggedError && (tag === undefined || error.tag === tag)
