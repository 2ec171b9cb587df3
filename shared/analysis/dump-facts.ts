import { z } from 'zod'
import { Count, HexAddress, Timestamp } from './scalars.ts'

export const DumpFormat = z.enum([
  'full',
  'kernel',
  'bitmap',
  'automatic',
  'active',
  'live',
  'triage',
  'header-only',
  'unknown',
])
export type DumpFormat = z.infer<typeof DumpFormat>

export const Architecture = z.enum(['x86', 'x86-pae', 'x64', 'x64-la57', 'arm64', 'unknown'])
export type Architecture = z.infer<typeof Architecture>

/** Why a file cannot be analysed, and what its owner can do: a stable code, a sentence, advice. */
export const Refusal = z.object({ code: z.string(), message: z.string(), advice: z.string() })
export type Refusal = z.infer<typeof Refusal>

export const Bugcheck = z.object({
  code: HexAddress,
  name: z.string().nullable(),
  parameters: z.array(HexAddress),
})
export type Bugcheck = z.infer<typeof Bugcheck>

/** What the dump's own header says of it, and what was found out about its container. */
export const DumpFacts = z.object({
  bytes: Count,
  sha256: z.string().optional(),
  format: DumpFormat,
  architecture: Architecture,
  build: z.number().int().nullable(),
  machine: z.string(),
  processors: z.number().int().nullable(),
  bugcheck: Bugcheck.nullable(),
  crashedAt: Timestamp.nullable(),
  uptimeSeconds: z.number().nullable(),
  truncated: z.boolean(),
  refusal: Refusal.optional(),
  physicalPages: z.object({ expected: Count, present: Count }).nullable(),
})
export type DumpFacts = z.infer<typeof DumpFacts>
