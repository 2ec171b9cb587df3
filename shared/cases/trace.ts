import { z } from 'zod'

/**
 * One id from a dump's upload to its verdict, in records, messages and logs. It has the form of a W3C trace id: 32
 * hexadecimal digits, not all zero.
 */
export const TraceId = z.string().regex(/^(?!0{32})[0-9a-f]{32}$/)
export type TraceId = z.infer<typeof TraceId>
