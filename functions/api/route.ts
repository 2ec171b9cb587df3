import type { z } from 'zod'
import type { Permission } from '../../shared/cases/permissions.ts'
import type { Caller } from './caller.ts'
import type { ApiPorts } from './ports.ts'

/** A request as a route sees it: everything in it has been checked. */
export type ApiRequest<Body, Query> = {
  readonly tenant: string
  readonly caller: Caller
  /** The ids in the path, each of the right form for its name. */
  readonly path: Readonly<Record<string, string>>
  readonly query: Query
  readonly body: Body
}

/** `json` is text that is JSON already, `gzippedJson` the same compressed; `text` is of the route's media type, and is saved under `fileName` if there is one. */
export type Reply =
  | { readonly value: unknown }
  | { readonly json: string }
  | { readonly gzippedJson: Buffer }
  | { readonly text: string; readonly mediaType: string; readonly fileName?: string }
  | { readonly redirect: string }
  | { readonly empty: true }

/** One path of the API: how it is described, what it takes and what it answers. */
export type Route = {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** From `/api`, with `{caseId}` and the like for ids. */
  readonly path: string
  readonly summary: string
  /** What the caller must be allowed to do; null for what anyone may ask. */
  readonly permission: Permission | null
  readonly status: 200 | 201 | 204
  readonly body?: z.ZodType
  readonly query?: z.ZodObject
  /** What the body of the answer is; none for an empty answer. */
  readonly response?: z.ZodType
  /** A long answer is a redirection (307) to storage. */
  readonly redirects?: true
  /** The answer holds a secret that is told only once: it is not kept for a repeat of the request. */
  readonly answersSecret?: true
  /** The media types of an answer that is text. */
  readonly texts?: readonly string[]
  readonly run: (request: ApiRequest<unknown, unknown>, ports: ApiPorts) => Promise<Reply>
}

type Typed<Body extends z.ZodType, Query extends z.ZodObject> = Omit<Route, 'run' | 'body' | 'query'> & {
  readonly body?: Body
  readonly query?: Query
  readonly run: (request: ApiRequest<z.infer<Body>, z.infer<Query>>, ports: ApiPorts) => Promise<Reply>
}

/** Ties the types of `run` to the schemas beside it. The dispatcher parses with these schemas before it calls `run`. */
export const route = <Body extends z.ZodType, Query extends z.ZodObject>(typed: Typed<Body, Query>): Route =>
  typed as unknown as Route
