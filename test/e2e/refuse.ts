/** Thrown by what stands in for the API: the answer has this status and sentence. */
export class Refuse extends Error {
  readonly status: number
  constructor(status: number, detail: string) {
    super(detail)
    this.status = status
  }
}
