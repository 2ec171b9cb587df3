/** An error of the SQS API: `code` as its shape is named in the API reference. */
export class SqsError extends Error {
  override readonly name = 'SqsError'
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

export const invalidValue = (message: string): SqsError => new SqsError('InvalidParameterValue', message)
