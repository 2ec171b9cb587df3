import type { ArchiveFormat } from '../analysis/archive-format.ts'
import { TaggedError } from '../bytes/tagged-error.ts'

/** Why an archive is not unpacked: the archive's fault or its contents', for good. */
export class ArchiveRefused extends TaggedError {}

/** How each kind of archive is called to a person. */
export const archiveNames: Record<ArchiveFormat, string> = {
  zip: 'ZIP archive',
  gzip: 'gzip file',
  zstd: 'Zstandard file',
  cab: 'CAB archive',
}

const uploadItself = 'Upload the dump itself, not packed: any size is taken.'
const packAgain = 'Pack or copy it again and check the archive with the tool that made it, or upload the dump itself.'

/** The bytes contradict themselves or their check sum. */
export const damaged = (format: ArchiveFormat, why: string, options?: ErrorOptions): ArchiveRefused =>
  new ArchiveRefused('archive-damaged', `The ${archiveNames[format]} is damaged: ${why}`, packAgain, options)

/** The file ends in the middle. */
export const cutOff = (format: ArchiveFormat, options?: ErrorOptions): ArchiveRefused =>
  new ArchiveRefused(
    'archive-truncated',
    `The ${archiveNames[format]} is cut off: it ends before its contents do.`,
    'Copy or upload it again; if it stays so, pack the dump again.',
    options,
  )

/** What the format calls its end is not the file's. */
export const trailingData = (format: ArchiveFormat): ArchiveRefused =>
  new ArchiveRefused(
    'archive-trailing-data',
    `More bytes follow the end of the ${archiveNames[format]}, and what they are cannot be told.`,
    packAgain,
  )

/** It takes a password. */
export const encrypted = (format: ArchiveFormat): ArchiveRefused =>
  new ArchiveRefused(
    'archive-encrypted',
    `The dump in the ${archiveNames[format]} is encrypted with a password, which is never asked for here.`,
    'Unpack it and upload the dump itself, or pack it without a password: the upload is encrypted on its way and in storage.',
  )

/** It holds no file, or several. */
export const notOneFile = (format: ArchiveFormat, isEmpty: boolean): ArchiveRefused =>
  isEmpty
    ? new ArchiveRefused('archive-empty', `There is no file in the ${archiveNames[format]}.`, packAgain)
    : new ArchiveRefused(
        'archive-several-files',
        `The ${archiveNames[format]} holds several files, and which of them is meant cannot be told.`,
        'Pack each dump by itself and upload one archive for each, or upload the dumps themselves.',
      )

/** It is one volume of several. */
export const spanned = (format: ArchiveFormat): ArchiveRefused =>
  new ArchiveRefused(
    'archive-spanned',
    `The ${archiveNames[format]} is one volume of several, and the dump goes on in another.`,
    uploadItself,
  )

/** `method`: what it is packed with, as a person knows it. */
export const unknownMethod = (format: ArchiveFormat, method: string): ArchiveRefused =>
  new ArchiveRefused(
    'archive-method',
    `The dump in the ${archiveNames[format]} is packed with ${method}, which is not unpacked here.`,
    'Pack it as an ordinary ZIP, gzip or Zstandard file, or upload the dump itself.',
  )

/** `most` in bytes. */
export const windowTooLarge = (most: number): ArchiveRefused =>
  new ArchiveRefused(
    'archive-window',
    `To unpack it takes a window of more than ${most / 2 ** 20} MiB of memory, which is more than it may take here.`,
    'Pack the dump without --long, or with --long=27 at most, or upload the dump itself.',
  )

/** `most`: the bytes that are unpacked of it. */
export const tooLarge = (format: ArchiveFormat, most: number): ArchiveRefused =>
  new ArchiveRefused(
    'archive-too-large',
    `Unpacked, the dump in the ${archiveNames[format]} is larger than ${gibibytes(most)} GiB, the most that is unpacked here from an archive of this kind and size.`,
    uploadItself,
  )

const gibibytes = (bytes: number): string => (bytes / 2 ** 30).toLocaleString('en', { maximumFractionDigits: 1 })

/** What is in it is an archive again. */
export const nested = (format: ArchiveFormat): ArchiveRefused =>
  new ArchiveRefused(
    'archive-nested',
    `In the ${archiveNames[format]} is another archive, and only one is unpacked.`,
    'Unpack it and upload the dump itself, or one archive with the dump in it.',
  )

/** `what`: a sentence on the file inside. */
export const notADump = (format: ArchiveFormat, code: string, what: string, advice: string): ArchiveRefused =>
  new ArchiveRefused(code, `The file in the ${archiveNames[format]} is not a kernel dump. ${what}`, advice)
