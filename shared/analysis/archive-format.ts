import { z } from 'zod'

/** The kinds of archive that a dump may be uploaded in. */
export const ArchiveFormat = z.enum(['zip', 'gzip', 'zstd', 'cab'])
export type ArchiveFormat = z.infer<typeof ArchiveFormat>
