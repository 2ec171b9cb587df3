import type { TranscriptEntry } from '../analysis/analysis.ts'
import type { FileHeaders, SectionHeader } from '../image/file-headers.ts'
import { debuggerAddress, debuggerDate } from './debugger-text.ts'

/** Words for the bits and numbers of a PE header, in the debugger's spelling (PE specification). */
const machines: Readonly<Record<number, string>> = { 332: 'i386', 34404: 'X64', 43620: 'ARM64', 512: 'IA64' }
const fileCharacteristics: readonly (readonly [number, string])[] = [
  [0x1, 'Relocations stripped'],
  [0x2, 'Executable'],
  [0x4, 'Line numbers stripped'],
  [0x8, 'Symbols stripped'],
  [0x20, 'App can handle >2gb addresses'],
  [0x100, '32 bit word machine'],
  [0x200, 'Debug information stripped'],
  [0x1000, 'System'],
  [0x2000, 'DLL'],
]
const dllCharacteristics: readonly (readonly [number, string])[] = [
  [0x20, 'High entropy VA supported'],
  [0x40, 'Dynamic base'],
  [0x80, 'Force integrity'],
  [0x100, 'NX compatible'],
  [0x400, 'No structured exception handler'],
  [0x2000, 'WDM Driver'],
  [0x4000, 'Guard'],
]
const subsystems: Readonly<Record<number, string>> = {
  0: 'Unknown',
  1: 'Native',
  2: 'Windows GUI',
  3: 'Windows CUI',
  16: 'Boot application',
}
const directoryNames: readonly string[] = [
  'Export',
  'Import',
  'Resource',
  'Exception',
  'Security',
  'Base Relocation',
  'Debug',
  'Description',
  'Special',
  'Thread Storage',
  'Load Configuration',
  'Bound Import',
  'Import Address Table',
  'Delay Import',
  'COR20 Header',
  'Reserved',
]
const sectionFlags: readonly (readonly [number, string])[] = [
  [0x20, 'Code'],
  [0x40, 'Initialized Data'],
  [0x80, 'Uninitialized Data'],
  [0x02000000, 'Discardable'],
  [0x04000000, 'Not Cached'],
  [0x08000000, 'Not Paged'],
  [0x10000000, 'Shared'],
]
const alignmentMask = 0x00f00000
const sectionAccess: readonly (readonly [number, string])[] = [
  [0x20000000, 'Execute'],
  [0x40000000, 'Read'],
  [0x80000000, 'Write'],
]

const words = (table: readonly (readonly [number, string])[], bits: number): string[] =>
  table.filter(([bit]) => (bits & bit) !== 0).map(([, word]) => word)

const hex = (value: number): string => value.toString(16).toUpperCase().padStart(8)
const row = (value: number, label: string): string => `${hex(value)} ${label}`
const version = ([major, minor]: readonly [number, number], label: string): string =>
  `${`${major}.${String(minor).padStart(2, '0')}`.padStart(8)} ${label}`
const indented = (lines: readonly string[]): string[] => lines.map((line) => `            ${line}`)

/** `!dh BASE`: file header, optional header, data directories and sections in the debugger's shape. */
export const displayHeaders = (base: bigint, headers: FileHeaders, pointerBytes: 4 | 8): TranscriptEntry => ({
  command: `!dh ${debuggerAddress(base, pointerBytes)}`,
  output: [
    `File Type: ${(headers.characteristics & 0x2000) !== 0 ? 'DLL' : 'EXECUTABLE IMAGE'}`,
    ...fileHeader(headers),
    '',
    ...optionalHeader(headers),
    ...directories(headers),
    ...headers.sections.flatMap((section, index) => ['', ...sectionHeader(section, index + 1)]),
    ...(headers.sections.length < headers.numberOfSections
      ? ['', `(Of ${headers.numberOfSections} section headers ${headers.sections.length} are in the dump.)`]
      : []),
  ].join('\n'),
})

const fileHeader = (headers: FileHeaders): string[] => [
  'FILE HEADER VALUES',
  row(headers.machine, `machine (${machines[headers.machine] ?? 'unknown'})`),
  row(headers.numberOfSections, 'number of sections'),
  row(headers.timestamp, `time date stamp ${debuggerDate(headers.timestamp)}`),
  '',
  row(headers.symbolTable, 'file pointer to symbol table'),
  row(headers.symbols, 'number of symbols'),
  row(headers.optionalBytes, 'size of optional header'),
  row(headers.characteristics, 'characteristics'),
  ...indented(words(fileCharacteristics, headers.characteristics)),
]

const optionalHeader = (headers: FileHeaders): string[] => {
  const wide = headers.magic === 0x20b
  const size = (value: bigint, label: string): string => `${value.toString(16).padStart(wide ? 16 : 8, '0')} ${label}`
  return [
    'OPTIONAL HEADER VALUES',
    row(headers.magic, 'magic #'),
    version(headers.linkerVersion, 'linker version'),
    row(headers.sizeOfCode, 'size of code'),
    row(headers.sizeOfInitializedData, 'size of initialized data'),
    row(headers.sizeOfUninitializedData, 'size of uninitialized data'),
    row(headers.entryPoint, 'address of entry point'),
    row(headers.baseOfCode, 'base of code'),
    '         ----- new -----',
    size(headers.imageBase, 'image base'),
    row(headers.sectionAlignment, 'section alignment'),
    row(headers.fileAlignment, 'file alignment'),
    row(headers.subsystem, `subsystem (${subsystems[headers.subsystem] ?? 'unknown'})`),
    version(headers.systemVersion, 'operating system version'),
    version(headers.imageVersion, 'image version'),
    version(headers.subsystemVersion, 'subsystem version'),
    row(headers.sizeOfImage, 'size of image'),
    row(headers.sizeOfHeaders, 'size of headers'),
    row(headers.checksum, 'checksum'),
    size(headers.stackReserve, 'size of stack reserve'),
    size(headers.stackCommit, 'size of stack commit'),
    size(headers.heapReserve, 'size of heap reserve'),
    size(headers.heapCommit, 'size of heap commit'),
    row(headers.dllCharacteristics, ' DLL characteristics'),
    ...indented(words(dllCharacteristics, headers.dllCharacteristics)),
  ]
}

const directories = (headers: FileHeaders): string[] =>
  headers.directories.map(
    ({ rva, size }, index) => `${hex(rva)} [${hex(size)}] address [size] of ${directoryNames[index]} Directory`,
  )

const sectionHeader = (section: SectionHeader, number: number): string[] => [
  `SECTION HEADER #${number.toString(16).toUpperCase()}`,
  `${section.name.padStart(8)} name`,
  row(section.virtualSize, 'virtual size'),
  row(section.rva, 'virtual address'),
  row(section.rawSize, 'size of raw data'),
  row(section.rawPointer, 'file pointer to raw data'),
  row(section.relocationsPointer, 'file pointer to relocation table'),
  row(section.lineNumbersPointer, 'file pointer to line numbers'),
  row(section.relocations, 'number of relocations'),
  row(section.lineNumbers, 'number of line numbers'),
  row(section.characteristics, 'flags'),
  ...[
    ...words(sectionFlags, section.characteristics),
    ...((section.characteristics & alignmentMask) === 0 ? ['(no align specified)'] : []),
    words(sectionAccess, section.characteristics).join(' '),
  ].map((line) => `         ${line}`),
]
