/** Thrown by what stands in for the API: the answer has this status and sentence. */
export class Refuse extends Error {
  readonly status: number
  constructor(status: number, detail: string) {
    super(detail)
    this.status = status
  }
}

/** What was asked for; `Refuse`s with status 404 where it is not there. */
export const found = <T>(value: T | undefined, what: string): T => {
  if (value === undefined) throw new Refuse(404, `There is no such ${what}.`)
  return value
}
