import { z } from 'zod'
import { Count, HexAddress } from './scalars.ts'

/**
 * How often one module holds the bytes of a tag, with the protected bit or without. In executable sections: passed to a
 * routine that allocates, to one that releases, loaded or stored by an instruction, compared by one, or no operand of any
 * (`loose`: text among code, chance). `data`: in other sections, where a tag's four characters are mostly text.
 */
export const TagUse = z.object({
  tag: z.string(),
  module: z.string(),
  base: HexAddress,
  allocating: Count,
  releasing: Count,
  loaded: Count,
  compared: Count,
  loose: Count,
  data: Count,
  /** The strongest of them: an operand before text, code before data. */
  example: HexAddress,
})
export type TagUse = z.infer<typeof TagUse>

/** Bytes of a module's code, without what is discarded after start: all there are, and those in the dump. */
export const CodeReading = z.object({ wantedBytes: Count, readBytes: Count })
export type CodeReading = z.infer<typeof CodeReading>
