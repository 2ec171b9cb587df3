/** How many bytes of a file's beginning `firstLook` wants. */
export const firstLookBytes = 8

const known: readonly (readonly [signature: string, what: string])[] = [
  ['MDMP', 'a user-mode minidump: it shows one program, not the kernel'],
  ['\x89PNG', 'a PNG picture'],
  ['\xff\xd8\xff', 'a JPEG picture'],
  ['GIF8', 'a GIF picture'],
  ['%PDF', 'a PDF document'],
  ['PK\x03\x04', 'a zip archive: unpack it and upload the dump inside'],
  ['7z\xbc\xaf\x27\x1c', 'a 7-Zip archive: unpack it and upload the dump inside'],
  ['Rar!', 'a RAR archive: unpack it and upload the dump inside'],
  ['\x1f\x8b', 'a gzip archive: unpack it and upload the dump inside'],
  ['MSCF', 'a cabinet archive: unpack it and upload the dump inside'],
  ['MZ', 'a Windows program'],
  ['\x7fELF', 'a Linux program or core file'],
  ['ElfFile\0', 'a Windows event log'],
]

/**
 * A sentence when the beginning of a file says that it is no kernel dump, null when nothing speaks against it. Only a
 * warning: the pipeline looks properly and has the last word.
 */
export const firstLook = (beginning: Uint8Array, fileBytes: number): string | null => {
  if (fileBytes === 0) return 'This file is empty.'
  const start = String.fromCharCode(...beginning)
  if (start.startsWith('PAGE') || start.startsWith('RDMP')) return null
  const match = known.find(([signature]) => start.startsWith(signature))
  if (match !== undefined) return `This looks like ${match[1]}.`
  return 'This does not begin like a Windows kernel dump.'
}
