import { randomBytes } from 'node:crypto'
import { type IdKind, idRandomBytes, makeId } from '../../shared/cases/ids.ts'
import { linkTokenBytes, makeLinkToken } from '../../shared/cases/links/link-token.ts'
import type { TraceId } from '../../shared/cases/trace.ts'
import { makeWebhookSecret } from '../../shared/cases/webhooks/webhook.ts'

/** A fresh id of the current time. */
export const newId = (kind: IdKind): string =>
  makeId(kind, new Date(), crypto.getRandomValues(new Uint8Array(idRandomBytes)))

export const newTraceId = (): TraceId => randomBytes(16).toString('hex')

export const newLinkToken = (): string => makeLinkToken(randomBytes(linkTokenBytes))

/** 256 random bits. */
export const newWebhookSecret = (): string => makeWebhookSecret(randomBytes(32))
