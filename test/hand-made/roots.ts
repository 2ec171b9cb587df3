import type { HandMadeDump } from './dump.ts'

/** Root tables of hand-made dumps: their self-map, and others that share all or part of their entries. */
const page = (made: HandMadeDump, address: bigint): DataView => {
  const bytes = made.physical(Number(address >> 12n))
  return new DataView(bytes.buffer, bytes.byteOffset)
}
const selfIndex = 0x1ed

const selfEntry = (made: HandMadeDump, root: bigint): bigint =>
  root | (made.mode === 'arm64' ? 0x0060_0000_0000_0703n : 0x63n)

/** Lets the tables see themselves where Windows does (reference 5.2 to 5.5); `root` is a directory table base. */
export const selfMap = (made: HandMadeDump, root = made.directoryTableBase): void => {
  if (made.mode === 'x86') page(made, root).setUint32(0xc00, Number(root) | 0x63, true)
  else if (made.mode !== 'x86-pae') page(made, root).setBigUint64(selfIndex * 8, selfEntry(made, root), true)
  else {
    const directories = directoriesOf(made, root)
    for (const [index, pfn] of directories.entries())
      page(made, BigInt(directories[3]) << 12n).setBigUint64(index * 8, (BigInt(pfn) << 12n) | 0x63n, true)
  }
}

/** The four page directories of a PAE root, made where there are none. */
const directoriesOf = (made: HandMadeDump, root: bigint): number[] => {
  const entries = page(made, root)
  const at = Number(root & 0xfffn)
  return [0, 1, 2, 3].map((index) => {
    if (entries.getBigUint64(at + index * 8, true) === 0n)
      entries.setBigUint64(at + index * 8, (BigInt(made.page()) << 12n) | 1n, true)
    return Number(entries.getBigUint64(at + index * 8, true) >> 12n)
  })
}

/** A root that shares the tables below with the dump's own, and sees itself. */
export const cloneRoot = (made: HandMadeDump): bigint => {
  const copy = made.page()
  const root = made.directoryTableBase
  made.physical(copy).set(made.physical(Number(root >> 12n)))
  const address = (BigInt(copy) << 12n) | (root & 0xfffn)
  if (made.mode === 'x86-pae')
    for (const [index, pfn] of directoriesOf(made, root).entries()) {
      const own = made.page()
      made.physical(own).set(made.physical(pfn))
      page(made, address).setBigUint64(Number(root & 0xfffn) + index * 8, (BigInt(own) << 12n) | 1n, true)
    }
  selfMap(made, address)
  return address
}

/** Takes the entry that leads to an address out of a root (of PAE: of its page directory). */
export const unmap = (made: HandMadeDump, root: bigint, address: bigint): void => {
  const table = page(made, root)
  if (made.mode === 'x86') table.setUint32(Number(address >> 22n) * 4, 0, true)
  else if (made.mode === 'x86-pae') {
    const directory = BigInt(directoriesOf(made, root)[Number(address >> 30n)]) << 12n
    page(made, directory).setBigUint64(Number((address >> 21n) & 0x1ffn) * 8, 0n, true)
  } else {
    const shift = made.mode === 'x64-la57' ? 48n : 39n
    table.setBigUint64(Number((address >> shift) & 0x1ffn) * 8, 0n, true)
  }
}
