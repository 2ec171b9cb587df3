/** An answer in S3's own terms: `code` as in "List of error codes" of the API reference. */
export class S3Error extends Error {
  override readonly name = 'S3Error'
  readonly code: string
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(code: string, status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.code = code
    this.status = status
    this.headers = headers
  }
}

export const noSuchBucket = (): S3Error => new S3Error('NoSuchBucket', 404, 'The bucket does not exist.')
export const noSuchKey = (): S3Error => new S3Error('NoSuchKey', 404, 'The key does not exist.')
export const noSuchUpload = (): S3Error =>
  new S3Error('NoSuchUpload', 404, 'The upload does not exist; it may have been completed or aborted.')
export const invalidArgument = (message: string): S3Error => new S3Error('InvalidArgument', 400, message)
export const notImplemented = (what: string): S3Error =>
  new S3Error('NotImplemented', 501, `The local stack does not implement ${what}.`)
export const preconditionFailed = (condition: string): S3Error =>
  new S3Error('PreconditionFailed', 412, `The precondition ${condition} does not hold.`)
