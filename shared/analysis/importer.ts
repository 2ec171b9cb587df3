import { z } from 'zod'
import { Count, HexAddress } from './scalars.ts'

/** A resolved allocation routine, for example `nt!ExAllocatePool`. */
export const Allocator = z.object({ name: z.string(), address: HexAddress, source: z.enum(['export', 'symbols']) })
export type Allocator = z.infer<typeof Allocator>

/** What kind of word it is; the kind that says most comes first, for that one speaks for a module that holds several. */
export const ImporterKind = z.enum([
  'import-table',
  'delay-import',
  'unlisted-import-table',
  'stored-pointer',
  'code',
  'kernel-own',
])
export type ImporterKind = z.infer<typeof ImporterKind>

/** One word in one module that holds an allocator's address: `address` is the slot, `base` the module that contains it. */
export const Importer = z.object({
  module: z.string(),
  base: HexAddress,
  allocator: z.string(),
  address: HexAddress,
  kind: ImporterKind,
  callSites: Count.nullable(),
})
export type Importer = z.infer<typeof Importer>
