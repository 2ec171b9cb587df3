import { z } from 'zod'
import { HexAddress } from '../analysis/scalars.ts'

/** What `--symbols` takes: for each module name (without extension, `nt` for the kernel) the RVA of each symbol. */
export const SymbolMap = z.record(z.string(), z.record(z.string(), HexAddress))
export type SymbolMap = z.infer<typeof SymbolMap>
