import type { MemoryUsage } from '../analysis/memory-usage.ts'
import { pointerAt, readPointer, readU32, readWhole } from '../memory/ranges.ts'
import { isKernelAddress } from './kernel-address.ts'
import { placeOf, type Variables } from './reading.ts'
import { readUnicodeString } from './unicode-string.ts'

type PageFile = NonNullable<MemoryUsage['pageFiles']>[number]

/** Windows allows 16. */
const maxPageFiles = 16
const pageKb = 4

/** Where MMPAGING_FILE keeps its name, by first build (reference 9.1); null where that is not known. */
const nameOffsets: readonly { readonly fromBuild: number; readonly 4: number | null; readonly 8: number | null }[] = [
  { fromBuild: 0, 4: 0x30, 8: null },
  { fromBuild: 3790, 4: 0x28, 8: 0x50 },
  { fromBuild: 6000, 4: 0x24, 8: 0x48 },
  { fromBuild: 9200, 4: 0x2c, 8: 0x58 },
  { fromBuild: 9600, 4: 0x38, 8: 0x70 },
  { fromBuild: 10586, 4: 0x30, 8: 0x60 },
]

export type PageFiles = { readonly files: PageFile[] | null; readonly source: string }

/** The page files that MmPagingFile lists, all of them or none: symbols alone tell where it is. */
export const readPagingFiles = async (variables: Variables): Promise<PageFiles> => {
  const { memory, build } = variables.kernel
  const unknown = (source: string): PageFiles => ({ files: null, source })
  const array = placeOf(variables, 'MmPagingFile')
  const counter = placeOf(variables, 'MmNumberOfPagingFiles')
  if (typeof array === 'string') return unknown(array)
  if (typeof counter === 'string') return unknown(counter)
  const count = await readU32(memory, counter.address)
  if (count === null || count > maxPageFiles)
    return unknown(`${counter.source}: ${count === null ? 'not in the dump' : `reads ${count}, which is implausible`}.`)
  const nameOffset = nameOffsets.findLast(({ fromBuild }) => build >= fromBuild)?.[memory.pointerBytes] ?? null
  const files: PageFile[] = []
  for (let index = 0; index < count; index++) {
    const address = await readPointer(memory, array.address + BigInt(index * memory.pointerBytes))
    const file =
      address === null || !isKernelAddress(address, memory.pointerBytes)
        ? null
        : await readPagingFile(variables, address, nameOffset)
    if (file === null) return unknown(`${array.source}: page file ${index} is not in the dump or not plausible.`)
    files.push(file)
  }
  return { files, source: array.source }
}

/** MMPAGING_FILE: size, maximum, minimum and free space in pages, each a pointer wide (reference 9.1). */
const readPagingFile = async (
  { kernel: { memory } }: Variables,
  address: bigint,
  nameOffset: number | null,
): Promise<PageFile | null> => {
  const width = memory.pointerBytes
  const bytes = await readWhole(memory, address, nameOffset === null ? 4 * width : nameOffset + 2 * width)
  if (bytes === null) return null
  const [current, maximum, minimum, free] = [0, 1, 2, 3].map((word) => Number(pointerAt(bytes, word * width, width)))
  if (free > current || minimum > maximum || current > maximum || maximum > 2 ** 40) return null
  return {
    name: nameOffset === null ? null : await readUnicodeString(memory, bytes, nameOffset),
    currentKb: current * pageKb,
    freeKb: free * pageKb,
    minimumKb: minimum * pageKb,
    maximumKb: maximum * pageKb,
  }
}
