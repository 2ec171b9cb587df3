import type { DumpFormat, Refusal } from '../analysis/dump-facts.ts'
import type { ByteSource } from '../bytes/source.ts'
import { viewOf } from '../bytes/view.ts'
import { readPageBitmap } from './bitmap-header.ts'
import { bitmapMemory } from './bitmap-memory.ts'
import { howToCollect, refuseForeign } from './foreign-formats.ts'
import { type DumpHeader, decodeHeader, headerBits, headerBytes, machineType } from './header.ts'
import type { PhysicalMemory } from './physical-memory.ts'
import { readPageRanges } from './range-header.ts'
import { runMemory } from './run-memory.ts'
import { readTriage, type Triage } from './triage.ts'
import { triageMark } from './triage-header.ts'

/** A dump by what it holds. A refused one keeps its header where it has a readable one. */
export type Dump =
  | {
      readonly kind: 'memory'
      readonly header: DumpHeader
      readonly format: DumpFormat
      readonly physical: PhysicalMemory
      /** Pages that the container lists lie beyond the file's end. */
      readonly truncated: boolean
    }
  | { readonly kind: 'triage'; readonly header: DumpHeader; readonly triage: Triage; readonly truncated: boolean }
  | { readonly kind: 'header-only'; readonly header: DumpHeader }
  | {
      readonly kind: 'refused'
      readonly refusal: Refusal
      readonly format: 'unknown'
      readonly header: DumpHeader | null
    }

export type MemoryDump = Extract<Dump, { kind: 'memory' }>
export type TriageDump = Extract<Dump, { kind: 'triage' }>

const dumpTypeFull = 1
const dumpTypeHeaderOnly = 3
const dumpTypeTriage = 4

const refuse = (code: string, message: string, advice: string, header: DumpHeader | null = null): Dump => ({
  kind: 'refused',
  refusal: { code, message, advice },
  format: 'unknown',
  header,
})

/**
 * Tells what a file is and opens it. What does not hold a kernel dump's memory is a value too: refused, with a reason
 * and advice. Reads the header and the page after it, of a triage dump its lists. Rejects only when reading fails.
 */
export const openDump = async (source: ByteSource): Promise<Dump> => {
  const start = await source.read(0, Math.min(16, source.size))
  const bits = headerBits(start)
  if (bits === null) return { kind: 'refused', refusal: refuseForeign(start), format: 'unknown', header: null }
  if (source.size < headerBytes(bits))
    return refuse(
      'truncated-header',
      `The file begins like a Windows kernel dump and ends inside its header, after ${source.size} of ${headerBytes(bits)} bytes.`,
      'Copy or upload the file again: it was cut off.',
    )
  const header = decodeHeader(await source.read(0, headerBytes(bits)))
  if (isEncrypted(header.attributes))
    return refuse(
      'encrypted',
      'The dump is encrypted: the server was set to encrypt its dumps, and the memory inside cannot be read.',
      'Decrypt it with KernelDumpDecrypt.exe and the private key that belongs to the server\u2019s dump encryption certificate, then upload the result.',
      header,
    )
  return openByContent(source, header)
}

/** What follows the header decides, the header's dump type only where nothing tells (reference 1.3). */
const openByContent = async (source: ByteSource, header: DumpHeader): Promise<Dump> => {
  const { dumpType } = header
  const first = headerBytes(header.bits)
  const container = await containerMark(source, first)
  if (container !== null) return openPages(source, header, container)
  const triage = await triageState(source, first)
  if (triage === 'whole' || (dumpType === dumpTypeTriage && triage === 'cut'))
    return { kind: 'triage', header, triage: await readTriage(source, header), truncated: triage === 'cut' }
  if (dumpType === dumpTypeTriage)
    return refuse(
      'damaged-triage-dump',
      'The header announces a small memory dump, and the mark that closes such a dump is not where it should be.',
      'Copy or upload the file again; a kernel or complete memory dump tells much more besides. '.concat(howToCollect),
      header,
    )
  if (dumpType === dumpTypeHeaderOnly) return { kind: 'header-only', header }
  // Dumps of the NT 4 and 2000 era left the type unset; 0 is "unknown" (reference 1.2, 1.3).
  if (dumpType !== dumpTypeFull && dumpType !== null && dumpType !== 0)
    return refuse(
      'unrecognised-container',
      `The header announces dump type ${dumpType}, and the container that goes with it does not follow the header.`,
      'Copy or upload the file again; if it stays so, the dump was damaged when it was written. '.concat(howToCollect),
      header,
    )
  return openPages(source, header, 'runs')
}

type Container = 'runs' | 'bitmap' | 'ranges'

/** The dump types of bitmap dumps, for the name alone: how they are laid out is the same (reference 1.3). */
const bitmapFormats: Readonly<Record<number, DumpFormat>> = { 2: 'kernel', 5: 'bitmap', 6: 'active', 7: 'automatic' }
/** LIVE_SYSTEM_DUMP: the system went on running (reference 1.5). */
const liveSystemDump = 0x161

/** The pages as the container lists them, or a sentence that says why they cannot be placed. */
const placePages = async (
  source: ByteSource,
  header: DumpHeader,
  container: Container,
): Promise<{ physical: PhysicalMemory; format: DumpFormat } | string> => {
  if (container === 'bitmap') {
    const pages = await readPageBitmap(source, header)
    if (pages === null) return 'The bitmap of stored pages contradicts itself or is cut off.'
    const named = pages.layout === 'legacy-summary' ? 'kernel' : bitmapFormats[header.dumpType ?? 5]
    return {
      physical: bitmapMemory(pages.bitmap, pages.firstPageOffset, source.size),
      format: (header.bugcheckCode & 0x0fffffff) === liveSystemDump ? 'live' : (named ?? 'bitmap'),
    }
  }
  if (container === 'ranges') {
    const pages = await readPageRanges(source, header)
    if (pages === null) return 'The list of stored page ranges contradicts itself or is cut off.'
    return { physical: runMemory(pages.ranges, pages.firstPageOffset, source.size), format: 'live' }
  }
  if (header.runs === null) return header.runsNote ?? 'The header does not list the runs of physical memory.'
  return { physical: runMemory(header.runs, headerBytes(header.bits), source.size), format: 'full' }
}

const openPages = async (source: ByteSource, header: DumpHeader, container: Container): Promise<Dump> => {
  const { x86, x64, arm64 } = machineType
  if (![x86, x64, arm64].some((type) => type === header.machineImageType))
    return refuse(
      'unsupported-architecture',
      `The dump is of a machine of type 0x${header.machineImageType.toString(16)}, whose memory this version of dumpline does not read.`,
      'Keep the dump and analyse it again with a later version.',
      header,
    )
  if ((header.machineImageType === x86) !== (header.bits === 32))
    return refuse(
      'contradictory-header',
      `The header is a ${header.bits}-bit one and names machine type 0x${header.machineImageType.toString(16)}, which does not go with it.`,
      'Copy or upload the file again; if it stays so, the dump was damaged when it was written.',
      header,
    )
  const placed = await placePages(source, header, container)
  if (typeof placed === 'string')
    return refuse(
      'unusable-page-map',
      `The dump\u2019s pages cannot be placed: ${placed}`,
      'Copy or upload the file again; if it stays so, the dump was damaged when it was written. '.concat(howToCollect),
      header,
    )
  const { physical, format } = placed
  return { kind: 'memory', header, format, physical, truncated: physical.presentPages < physical.expectedPages }
}

/** Bit 8 without bit 9. Left as filler the field looks encrypted too: that is null here (reference 1.4). */
const isEncrypted = (attributes: number | null): boolean => attributes !== null && (attributes & 0x300) === 0x100

/** The container that begins after the header, if one does (reference 2.2 to 2.4). */
const containerMark = async (source: ByteSource, offset: number): Promise<'bitmap' | 'ranges' | null> => {
  if (source.size < offset + 12) return null
  const bytes = await source.read(offset, 12)
  const words = [0, 4, 8].map((at) => String.fromCharCode(...bytes.subarray(at, at + 4)))
  if ((words[0] === 'SDMP' || words[0] === 'FDMP') && words[1] === 'DUMP') return 'bitmap'
  return words[1] === 'RDMP' && words[2] === 'DUMP' ? 'ranges' : null
}

/** Whether a triage dump follows the header: with its closing mark in place, cut off before it, or not at all. */
const triageState = async (source: ByteSource, offset: number): Promise<'whole' | 'cut' | 'none'> => {
  if (source.size < offset + 0x80) return 'none'
  const validOffset = viewOf(await source.read(offset, 12)).getUint32(8, true)
  if (validOffset + 4 > source.size) return 'cut'
  if (validOffset < offset + 0x80) return 'none'
  return viewOf(await source.read(validOffset, 4)).getUint32(0, true) === triageMark ? 'whole' : 'none'
}
