import { type HandMadeDump, type HeaderFields, handMadeDump, type Mode } from './dump.ts'
import { data, type ImageFields, text, writeImage } from './image.ts'

/** A kernel of two or more modules with a debugger data block, as small as the tests need it. */
export type HandMadeKernel = HandMadeDump & {
  readonly base: bigint
  readonly listHead: bigint
  readonly kdbg: bigint
  /** Address of the nth list entry. */
  listEntry(index: number): bigint
  /** Puts a pointer into a slot of the debugger data block. */
  slot(offset: number, value: bigint): void
  /** A fresh, mapped address in the kernel's data. */
  fresh(bytes: number): bigint
  /** Makes a variable of `pointerBytes` with a value and puts its address into a slot. */
  variable(offset: number, value: bigint): bigint
  file(fields?: HeaderFields): Uint8Array
}

export type ModuleFields = {
  readonly name: string
  readonly path?: string
  readonly base: bigint
  readonly image?: ImageFields
}

const imageBytes = 0x40000
const dataRva = 0x10000

const is64 = (mode: Mode): boolean => mode !== 'x86' && mode !== 'x86-pae'

export const kernelBase = (mode: Mode): bigint => (is64(mode) ? 0xfffff80001600000n : 0xe0800000n)

export const handMadeKernel = (
  mode: Mode,
  drivers: readonly ModuleFields[] = [],
  build = is64(mode) ? 7601 : 3790,
): HandMadeKernel => {
  const dump = handMadeDump(mode)
  const wide = is64(mode)
  const base = kernelBase(mode)
  writeImage(dump, base, {
    size: imageBytes,
    sections: [
      { name: '.text', rva: 0x1000, size: 0x1000, characteristics: text },
      { name: '.data', rva: dataRva, size: imageBytes - dataRva, characteristics: data },
    ],
  })
  let next = base + BigInt(dataRva)
  const fresh = (bytes: number): bigint => {
    const address = next
    next += BigInt((bytes + 15) & ~15)
    dump.write(address, new Uint8Array(bytes))
    return address
  }
  const listHead = fresh(16)
  const kdbg = fresh(0x400)
  const modules: ModuleFields[] = [
    { name: 'ntoskrnl.exe', path: '\\WINDOWS\\system32\\ntkrnlmp.exe', base },
    ...drivers,
  ]
  const at = wide
    ? { base: 0x30n, size: 0x40n, path: 0x48n, name: 0x58n, checksum: 0x78n, timestamp: 0x80n, bytes: 0xa0 }
    : { base: 0x18n, size: 0x20n, path: 0x24n, name: 0x2cn, checksum: 0x40n, timestamp: 0x44n, bytes: 0x5c }
  const entries = modules.map(() => fresh(at.bytes))
  const links = [listHead, ...entries]
  for (const [index, address] of links.entries()) {
    dump.pointer(address, links[(index + 1) % links.length])
    dump.pointer(address + BigInt(dump.pointerBytes), links[(index + links.length - 1) % links.length])
  }
  for (const [index, module] of modules.entries()) {
    const entry = entries[index]
    dump.pointer(entry + at.base, module.base)
    dump.u32(entry + at.size, module.image?.size ?? (index === 0 ? imageBytes : 0x10000))
    dump.unicode(entry + at.path, module.path ?? `\\SystemRoot\\system32\\drivers\\${module.name}`, fresh(256))
    dump.unicode(entry + at.name, module.name, fresh(128))
    dump.u32(entry + at.checksum, 0x111 * (index + 1))
    dump.u32(entry + at.timestamp, 0x4000_0000 + index)
    if (index > 0 && module.image !== undefined) writeImage(dump, module.base, module.image)
  }
  dump.text(kdbg + 0x10n, 'KDBG')
  dump.u32(kdbg + 0x14n, 0x318)
  const slot = (offset: number, value: bigint): void => dump.u64(kdbg + BigInt(offset), value)
  // Sign-extended, as a debugger may write it on x86.
  slot(0x18, wide ? base : BigInt.asUintN(64, BigInt.asIntN(32, base)))
  slot(0x48, listHead)
  return {
    ...dump,
    base,
    listHead,
    kdbg,
    listEntry: (index) => entries[index],
    slot,
    fresh,
    variable: (offset, value) => {
      const address = fresh(dump.pointerBytes)
      dump.pointer(address, value)
      slot(offset, address)
      return address
    },
    file: (fields = {}) => dump.build({ build, psLoadedModuleList: listHead, kdDebuggerDataBlock: kdbg, ...fields }),
  }
}
