import { type IdKind, idRandomBytes, makeId } from '../../shared/cases/ids.ts'

/** A fresh id of the current time. */
export const newId = (kind: IdKind): string =>
  makeId(kind, new Date(), crypto.getRandomValues(new Uint8Array(idRandomBytes)))
