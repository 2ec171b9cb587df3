import { readPointer, readU32 } from '../../memory/ranges.ts'
import { isKernelAddress } from '../kernel-address.ts'
import { hex, known, placeOf, type Reading, unknown, type Variables } from '../reading.ts'
import { readDescriptorPages } from './pool-descriptor.ts'

/** The array has room for 17 descriptors (reference 4.2). */
const maxPagedPools = 16
/** Windows Server 2003 and later know no more than 64 nodes. */
const maxNodes = 64

/**
 * Pages in use by non-paged pool. One descriptor serves a machine of one node and is the one the debugger data block
 * names; on several nodes each has its own, and only symbols tell of them (reference 9.1).
 */
export const readNonPagedPages = async (variables: Variables): Promise<Reading> => {
  const { kernel, resolveSymbol } = variables
  const nodes = await readNodeDescriptors(variables)
  if (nodes !== null) {
    const sum = await sumDescriptors(variables, nodes, 'nonpaged')
    return sum.value === null ? sum : known(sum.value, `the non-paged pool descriptors of ${nodes.length} nodes`)
  }
  const place = placeOf(variables, 'NonPagedPoolDescriptor')
  if (typeof place === 'string') return unknown(place)
  const { pages, reason } = await readDescriptorPages(kernel.memory, kernel.build, place.address, 'nonpaged')
  if (pages === null) return unknown(`${place.source}: ${reason}.`)
  const oneNode = resolveSymbol('ExpNumberOfNonPagedPools') !== null
  return known(
    pages,
    `TotalPages + TotalBigPages of ${place.source}${oneNode ? '' : '; a machine of several memory nodes has further descriptors, which only symbols tell of'}`,
  )
}

/** The descriptors of several nodes, if symbols say that there are several. */
const readNodeDescriptors = async ({ kernel: { memory }, resolveSymbol }: Variables): Promise<bigint[] | null> => {
  const count = resolveSymbol('ExpNumberOfNonPagedPools')
  const array = resolveSymbol('ExpNonPagedPoolDescriptor')
  const nodes = count === null ? null : await readU32(memory, count)
  if (array === null || nodes === null || nodes < 2 || nodes > maxNodes) return null
  const addresses: bigint[] = []
  for (let index = 0; index < nodes; index++) {
    const address = await readPointer(memory, array + BigInt(index * memory.pointerBytes))
    if (address === null || !isKernelAddress(address, memory.pointerBytes)) return null
    addresses.push(address)
  }
  return addresses
}

export type PagedPages = Reading & { readonly pools: number[] }

/** Pages in use by each paged pool, 0 to ExpNumberOfPagedPools, and their sum (reference 9.1). */
export const readPagedPages = async (variables: Variables): Promise<PagedPages> => {
  const { memory } = variables.kernel
  const count = placeOf(variables, 'ExpNumberOfPagedPools')
  const array = placeOf(variables, 'ExpPagedPoolDescriptor')
  if (typeof count === 'string') return { ...unknown(count), pools: [] }
  if (typeof array === 'string') return { ...unknown(array), pools: [] }
  const last = await readU32(memory, count.address)
  if (last === null || last > maxPagedPools)
    return {
      ...unknown(`${count.source}: ${last === null ? 'not in the dump' : `reads ${last}, which is implausible`}.`),
      pools: [],
    }
  const addresses: bigint[] = []
  for (let index = 0; index <= last; index++) {
    const address = await readPointer(memory, array.address + BigInt(index * memory.pointerBytes))
    if (address === null || !isKernelAddress(address, memory.pointerBytes))
      return {
        ...unknown(
          `${array.source}: the pointer to descriptor ${index} is ${address === null ? 'not in the dump' : hex(address)}.`,
        ),
        pools: [],
      }
    addresses.push(address)
  }
  const sum = await sumDescriptors(variables, addresses, 'paged')
  return sum.value === null
    ? { ...sum, pools: [] }
    : {
        ...known(sum.value, `TotalPages + TotalBigPages of ${last + 1} descriptors of ${array.source}`),
        pools: sum.each,
      }
}

const sumDescriptors = async (
  { kernel: { memory, build } }: Variables,
  addresses: readonly bigint[],
  kind: 'nonpaged' | 'paged',
): Promise<Reading & { readonly each: number[] }> => {
  const each: number[] = []
  for (const [index, address] of addresses.entries()) {
    const { pages, reason } = await readDescriptorPages(memory, build, address, kind)
    if (pages === null) return { ...unknown(`Descriptor ${index}: ${reason}.`), each: [] }
    each.push(pages)
  }
  return {
    ...known(
      each.reduce((sum, pages) => sum + pages, 0),
      '',
    ),
    each,
  }
}
