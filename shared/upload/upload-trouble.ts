/**
 * Why something an upload asked for did not happen. `lost`: no answer came, the line may be down; it is worth trying for
 * as long as the person likes. `passing`: refused, but another try may do. `final`: no other try will do.
 */
export type TroubleKind = 'lost' | 'passing' | 'final'

/** `message` is a sentence for the person who uploads. */
export class UploadTrouble extends Error {
  override readonly name = 'UploadTrouble'
  readonly kind: TroubleKind

  constructor(kind: TroubleKind, message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
  }
}

/** What an answer of the API with this status means; 0 stands for no answer at all. */
export const troubleOfStatus = (status: number): TroubleKind => {
  if (status === 0) return 'lost'
  return status >= 500 || status === 408 || status === 429 ? 'passing' : 'final'
}

/** What storage's answer to a part means: nearly all of them (an expired URL, bytes that changed on the way) call for a fresh URL. */
export const partRefused = (status: number): UploadTrouble =>
  new UploadTrouble(
    'passing',
    status === 400
      ? 'Storage got other bytes of a part than were read from the file. Does something write to the file, or is the line disturbed?'
      : `Storage refused a part with status ${status}.`,
  )
