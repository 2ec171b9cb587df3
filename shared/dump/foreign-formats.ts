import type { ArchiveFormat } from '../analysis/archive-format.ts'
import type { Refusal } from '../analysis/dump-facts.ts'

/** What else people upload, told by its first bytes (reference 1.1), and what to say of it. */
type Foreign = {
  readonly code: string
  /** How the file begins. */
  readonly signatures: readonly (string | readonly number[])[]
  readonly message: string
  readonly advice: string
  /** The pipeline and the command line unpack it (shared/archive); the engine itself reads dumps only. */
  readonly unpackable?: ArchiveFormat
}

export const howToCollect =
  'On the server set the debugging information to a kernel or complete memory dump (System Properties, Advanced, Startup and Recovery; or CrashDumpEnabled 2 or 1 under HKLM\\SYSTEM\\CurrentControlSet\\Control\\CrashControl), let it crash again or take a live kernel dump from Task Manager, and upload %SystemRoot%\\MEMORY.DMP.'

/** For files picked by mistake. */
const wrongFile = `Choose the dump itself, as a rule %SystemRoot%\\MEMORY.DMP on the server. If there is none: ${howToCollect}`

const unpack = 'Unpack the archive and upload the single .dmp file inside it.'

const foreignFormats: readonly Foreign[] = [
  {
    code: 'user-minidump',
    signatures: ['MDMP'],
    message: 'This is a user-mode minidump: it holds one process, not the kernel, and nothing of kernel pool.',
    advice: howToCollect,
  },
  {
    code: 'archive',
    signatures: ['MSCF'],
    message: 'This is a CAB archive, not a dump.',
    advice: unpack,
    unpackable: 'cab',
  },
  {
    code: 'archive',
    // An archive's first file, the end of an empty one, the mark of one in several volumes.
    signatures: ['PK\u0003\u0004', 'PK\u0005\u0006', 'PK\u0007\u0008'],
    message: 'This is a ZIP archive, not a dump.',
    advice: unpack,
    unpackable: 'zip',
  },
  {
    code: 'archive',
    signatures: [[0x1f, 0x8b]],
    message: 'This is a gzip archive, not a dump.',
    advice: unpack,
    unpackable: 'gzip',
  },
  {
    code: 'archive',
    signatures: ['7z\u00bc\u00af\u0027\u001c'],
    message: 'This is a 7-Zip archive, not a dump.',
    advice: unpack,
  },
  { code: 'archive', signatures: ['Rar!'], message: 'This is a RAR archive, not a dump.', advice: unpack },
  {
    code: 'archive',
    // A frame, or the skippable frame that pzstd begins with.
    signatures: [
      [0x28, 0xb5, 0x2f, 0xfd],
      [0x50, 0x2a, 0x4d, 0x18],
    ],
    message: 'This is a Zstandard archive, not a dump.',
    advice: unpack,
    unpackable: 'zstd',
  },
  {
    code: 'archive',
    signatures: [[0xfd, 0x37, 0x7a, 0x58, 0x5a]],
    message: 'This is an xz archive, not a dump.',
    advice: unpack,
  },
  {
    code: 'elf',
    signatures: ['\u007fELF'],
    message:
      'This is an ELF file, such as the core that QEMU or VirtualBox writes of a virtual machine, not a Windows dump.',
    advice:
      'Have the hypervisor write a Windows dump instead (for QEMU dump-guest-memory -w), or convert the core with elf2dmp, and upload that.',
  },
  {
    code: 'virtual-machine-state',
    // VMware's snapshot and suspend files (.vmsn, .vmss), VirtualBox's saved state (.sav).
    signatures: [
      [0xd0, 0xbe, 0xd2, 0xbe],
      [0xd1, 0xba, 0xd1, 0xba],
      [0xd2, 0xbe, 0xd2, 0xbe],
      [0xd3, 0xbe, 0xd3, 0xbe],
      '\u007fVirtualBox',
    ],
    message: 'This is the saved state of a virtual machine, not a Windows dump.',
    advice:
      'Convert it to a Windows dump with the hypervisor\u2019s own tool (vmss2core for VMware), or have Windows itself write a kernel dump, and upload that.',
  },
  {
    code: 'lime',
    signatures: ['EMiL', 'LiME'],
    message: 'This is a LiME memory image, not a Windows dump.',
    advice: howToCollect,
  },
  {
    code: 'hibernation',
    signatures: ['hibr', 'HIBR', 'wake', 'WAKE', 'RSTR'],
    message: 'This is a Windows hibernation file: compressed, and laid out unlike a dump.',
    advice: howToCollect,
  },
  {
    code: 'image',
    signatures: [[0x89, 0x50, 0x4e, 0x47], [0xff, 0xd8, 0xff], 'GIF8', 'BM'],
    message: 'This is a picture, not a dump.',
    advice: wrongFile,
  },
  { code: 'document', signatures: ['%PDF'], message: 'This is a PDF document, not a dump.', advice: wrongFile },
  {
    code: 'program',
    signatures: ['MZ'],
    message: 'This is a Windows program or driver, not a dump.',
    advice: wrongFile,
  },
]

const bytesOf = (signature: string | readonly number[]): readonly number[] =>
  typeof signature === 'string' ? [...signature].map((character) => character.charCodeAt(0)) : signature

const foreignFormat = (start: Uint8Array): Foreign | undefined =>
  foreignFormats.find(({ signatures }) =>
    signatures.some((signature) => bytesOf(signature).every((byte, index) => start[index] === byte)),
  )

/** How many first bytes `archiveFormatOf` wants to see. */
export const signatureBytes = 16

/** The kind of archive that a file begins as, if it is one that a dump can be unpacked from. */
export const archiveFormatOf = (start: Uint8Array): ArchiveFormat | null => foreignFormat(start)?.unpackable ?? null

/** Why a file that does not begin like a kernel dump is refused; `start` is its first bytes, none if it is empty. */
export const refuseForeign = (start: Uint8Array): Refusal => {
  if (start.length === 0)
    return {
      code: 'empty',
      message: 'The file is empty.',
      advice:
        'Upload the file again; if it is empty on the server too, Windows could not write the dump: check free space on the system drive.',
    }
  const known = foreignFormat(start)
  if (known !== undefined) return { code: known.code, message: known.message, advice: known.advice }
  return {
    code: 'not-a-kernel-dump',
    message: 'The file does not begin with the signature of a Windows kernel dump (PAGEDUMP or PAGEDU64).',
    advice: howToCollect,
  }
}
