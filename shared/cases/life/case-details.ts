import { z } from 'zod'

/** One line that a person typed, without blanks around it. */
const line = (most: number) => z.string().trim().min(1).max(most)

/** Links open in the reader's browser, so nothing but web addresses: no `javascript:`, no `file:`. */
export const TicketLink = z.object({
  url: z.url({ protocol: /^https?$/, error: 'must be a web address that starts with http:// or https://' }).max(2000),
  /** How people call it, such as `INC-4711`. */
  name: line(100).nullable(),
})
export type TicketLink = z.infer<typeof TicketLink>

/** A label is a word or a few; a comma separates labels in an address. */
export const Label = line(50).regex(/^[^,]+$/, 'must not contain a comma')

/** What people say about a case, and may change. */
export const CaseDetails = z.object({
  customer: line(200).nullable(),
  /** The machine that crashed, as its owner calls it. */
  host: line(255).nullable(),
  description: z.string().trim().max(4000).nullable(),
  tickets: z.array(TicketLink).max(20),
  labels: z
    .array(Label)
    .max(20)
    .overwrite((labels) => [...new Map(labels.map((label) => [label.toLowerCase(), label])).values()]),
  /** The subject of the person who works on it. */
  assignee: line(200).nullable(),
})
export type CaseDetails = z.infer<typeof CaseDetails>
