import { z } from 'zod'
import { Count, HexAddress, Timestamp } from './scalars.ts'

/** A loaded image. `listed` is false when it was found in memory but not in PsLoadedModuleList. */
export const Module = z.object({
  name: z.string(),
  path: z.string().nullable(),
  base: HexAddress,
  size: Count,
  timestamp: HexAddress.nullable(),
  checksum: HexAddress.nullable(),
  pdb: z.object({ name: z.string(), guid: z.string(), age: Count }).nullable(),
  listed: z.boolean(),
  company: z.string().optional(),
  version: z.string().optional(),
  readBytes: Count,
})
export type Module = z.infer<typeof Module>

export const UnloadedModule = z.object({
  name: z.string(),
  start: HexAddress,
  end: HexAddress,
  unloadedAt: Timestamp.nullable(),
})
export type UnloadedModule = z.infer<typeof UnloadedModule>
