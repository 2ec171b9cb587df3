/** How many bytes of a file's beginning `firstLook` wants: a kernel dump's header up to its type. */
export const firstLookBytes = 0xf9c

/**
 * What the beginning of a file says before a byte is sent. `looksWrong`: it is no kernel dump, or none that can answer
 * what eats pool; `advice` then says what to do instead, `asksForSettings` whether that is to have Windows write larger
 * dumps. It is a warning and no more: the pipeline looks properly and has the last word.
 */
export type FirstLook =
  | { readonly looksWrong: false; readonly what: string }
  | { readonly looksWrong: true; readonly what: string; readonly advice: string; readonly asksForSettings: boolean }

const collectDump = 'Collect a kernel dump of the server: Windows keeps it as C:\\Windows\\MEMORY.DMP.'

const known: readonly (readonly [signature: string, what: string, advice: string])[] = [
  ['MDMP', 'This looks like a user-mode minidump: it shows one program, not the kernel.', collectDump],
  ['\x89PNG', 'This looks like a PNG picture.', collectDump],
  ['\xff\xd8\xff', 'This looks like a JPEG picture.', collectDump],
  ['GIF8', 'This looks like a GIF picture.', collectDump],
  ['%PDF', 'This looks like a PDF document.', collectDump],
  [
    '7z\xbc\xaf\x27\x1c',
    'This looks like a 7-Zip archive.',
    'Unpack it and upload the dump inside, or pack it as zip.',
  ],
  ['Rar!', 'This looks like a RAR archive.', 'Unpack it and upload the dump inside, or pack it as zip.'],
  ['MZ', 'This looks like a Windows program.', collectDump],
  ['\x7fELF', 'This looks like a Linux program or core file.', collectDump],
  ['ElfFile\0', 'This looks like a Windows event log.', collectDump],
]

/** Archives that hold a dump are taken as they are. */
const archives: readonly (readonly [signature: string, name: string])[] = [
  ['PK\x03\x04', 'zip archive'],
  ['\x1f\x8b', 'gzip file'],
  ['\x28\xb5\x2f\xfd', 'zstd file'],
  ['MSCF', 'cabinet archive'],
]

/** Where the header keeps the dump's type, in 32- and 64-bit dumps (`DumpType` of DUMP_HEADER, DUMP_HEADER64). */
const typeOffset = { PAGEDUMP: 0xf88, PAGEDU64: 0xf98 }
/** Small memory dump, or "triage". */
const triage = 4

/** What a file's first `firstLookBytes` bytes say it is, and what to do where it is no dump that helps. */
export const firstLook = (beginning: Uint8Array, fileBytes: number): FirstLook => {
  const wrong = (what: string, advice: string, asksForSettings = false): FirstLook => ({
    looksWrong: true,
    what,
    advice,
    asksForSettings,
  })
  if (fileBytes === 0) return wrong('This file is empty.', collectDump)
  const start = String.fromCharCode(...beginning.subarray(0, 8))
  if (start === 'PAGEDUMP' || start === 'PAGEDU64') {
    const offset = typeOffset[start]
    const view = new DataView(beginning.buffer, beginning.byteOffset, beginning.byteLength)
    const isTriage = view.byteLength >= offset + 4 && view.getUint32(offset, true) === triage
    return isTriage
      ? wrong(
          'This is a small memory dump. It names the crash and the drivers, but holds too little of the memory to show what uses it up.',
          'If the server can crash or be crashed again, have Windows write a larger dump first.',
          true,
        )
      : { looksWrong: false, what: 'A Windows kernel dump' }
  }
  if (start.startsWith('RDMP')) return { looksWrong: false, what: 'A live kernel dump' }
  const archive = archives.find(([signature]) => start.startsWith(signature))
  if (archive !== undefined) return { looksWrong: false, what: `A ${archive[1]}; it must hold one dump` }
  const match = known.find(([signature]) => start.startsWith(signature))
  if (match !== undefined) return wrong(match[1], match[2])
  return wrong('This does not begin like a Windows kernel dump.', collectDump)
}

/** How to have Windows write a dump that shows pool, for the person at the server. */
export const betterDumpSteps: readonly string[] = [
  'On the server run SystemPropertiesAdvanced, and under “Startup and Recovery” choose Settings.',
  'As “Write debugging information” choose “Kernel memory dump” (or “Automatic memory dump”), and OK.',
  'See that drive C: has a page file of about the memory that the kernel uses, or let Windows manage its size.',
  'Or by a command as administrator: reg add HKLM\\SYSTEM\\CurrentControlSet\\Control\\CrashControl /v CrashDumpEnabled /t REG_DWORD /d 2 /f',
  'Restart once. At the next crash Windows writes C:\\Windows\\MEMORY.DMP: upload that file.',
]
