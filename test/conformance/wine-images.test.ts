import { execFileSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readExports } from '../../shared/image/exports.ts'
import { directoryIndex, type Image } from '../../shared/image/image.ts'
import { readImage } from '../../shared/image/read-image.ts'
import { readVersion } from '../../shared/image/version.ts'
import { declaredSlots } from '../../shared/imports/import-tables.ts'
import type { VirtualMemory } from '../../shared/memory/virtual-memory.ts'
import { missing } from '../missing.ts'

/**
 * Kernel images that we did not write (Debian's Wine: drivers, ntoskrnl.exe, hal.dll, both word sizes) against what
 * binutils' objdump says of them. `.ci/run` unpacks the packages; by hand, `libwine` installed gives the 64-bit half.
 */
const root = join(import.meta.dirname, '../..')
const folders = [
  join(root, '.dumpline/wine/usr/lib/x86_64-linux-gnu/wine/x86_64-windows'),
  join(root, '.dumpline/wine/usr/lib/i386-linux-gnu/wine/i386-windows'),
  '/usr/lib/x86_64-linux-gnu/wine/x86_64-windows',
  '/usr/lib/i386-linux-gnu/wine/i386-windows',
]
const files = folders.flatMap((folder) => globSync(join(folder, '{*.sys,ntoskrnl.exe,hal.dll}')))
const objdump = ['/usr/bin/objdump', '/usr/local/bin/objdump'].find((path) => existsSync(path))

const base = 0xf000_0000n

/** The file laid out as the loader would: headers, then each section at its RVA. Absent pages do not occur. */
const loaded = (file: string): VirtualMemory => {
  const bytes = readFileSync(file)
  const nt = bytes.readUInt32LE(0x3c)
  const pointerBytes = bytes.readUInt16LE(nt + 0x18) === 0x20b ? 8 : 4
  const image = new Uint8Array(bytes.readUInt32LE(nt + 0x18 + 0x38))
  image.set(bytes.subarray(0, bytes.readUInt32LE(nt + 0x18 + 0x3c)))
  const sections = nt + 0x18 + bytes.readUInt16LE(nt + 0x14)
  for (let at = sections; at < sections + bytes.readUInt16LE(nt + 6) * 0x28; at += 0x28) {
    const start = bytes.readUInt32LE(at + 0x14)
    const size = Math.min(bytes.readUInt32LE(at + 0x10), bytes.readUInt32LE(at + 8))
    image.set(bytes.subarray(start, start + size), bytes.readUInt32LE(at + 0xc))
  }
  return {
    pointerBytes,
    translate: async () => ({ present: false, reason: 'not-mapped' }),
    read: async (address, length) => {
      const start = Number(address - base)
      const inside = image.subarray(Math.max(0, start), Math.max(0, start + length))
      const part = new Uint8Array(length)
      part.set(inside)
      const gaps =
        inside.length < length
          ? [{ offset: inside.length, length: length - inside.length, reason: 'not-mapped' as const }]
          : []
      return { address, bytes: part, gaps }
    },
  }
}

const imageOf = async (memory: VirtualMemory): Promise<Image> => {
  const image = await readImage(memory, base)
  if (image === null) throw new Error('The image was not recognised.')
  return image
}

const objdumpOf = (file: string, ...options: string[]): string[] =>
  execFileSync(objdump ?? 'objdump', [...options, file], { encoding: 'utf8', maxBuffer: 2 ** 28 }).split('\n')

/** `ordinal rva|forwarder name`, of every export, as objdump lists them. */
const exportsByObjdump = (lines: readonly string[]): string[] => {
  const addresses = new Map<number, { ordinal: number; target: string }>()
  const names = new Map<number, string[]>()
  let inNames = false
  for (const line of lines) {
    if (line.startsWith('[Ordinal/Name Pointer] Table')) inNames = true
    const address = /^\t\[\s*(\d+)\] \+base\[\s*(\d+)\] ([0-9a-f]+) (Export RVA|Forwarder RVA -- (.*))$/.exec(line)
    if (address !== null && !inNames)
      addresses.set(Number(address[1]), {
        ordinal: Number(address[2]),
        target: address[5] ?? Number.parseInt(address[3], 16).toString(16),
      })
    const name = /^\t\[\s*(\d+)\] (\S+)$/.exec(line)
    if (name !== null && inNames) names.set(Number(name[1]), [...(names.get(Number(name[1])) ?? []), name[2]])
  }
  return [...addresses]
    .flatMap(([index, { ordinal, target }]) => (names.get(index) ?? ['']).map((name) => `${ordinal} ${target} ${name}`))
    .sort()
}

/** Where the slots of each imported DLL begin, and how many there are. */
const importsByObjdump = (lines: readonly string[]): Map<number, number> => {
  const found = new Map<number, number>()
  let firstThunk = 0
  for (const line of lines) {
    const descriptor = /^ [0-9a-f]{8}\t[0-9a-f]{8} [0-9a-f]{8} [0-9a-f]{8} [0-9a-f]{8} ([0-9a-f]{8})$/.exec(line)
    if (descriptor !== null) firstThunk = Number.parseInt(descriptor[1], 16)
    const isRoutine = /^\t[0-9a-f]+\t\s*\d+ {2}\S+/.test(line)
    if (isRoutine && firstThunk !== 0) found.set(firstThunk, (found.get(firstThunk) ?? 0) + 1)
  }
  return found
}

/**
 * The texts of a version resource out of objdump's listing of the section, found by their names alone: no tree is
 * walked and no length believed. A name is followed by its closing zero, zeroes up to four bytes, and the text.
 */
const versionByObjdump = (file: string): Record<string, string> => {
  // objdump fails when asked for a section that is not there.
  if (!objdumpOf(file, '-h').some((line) => line.includes(' .rsrc '))) return {}
  const listing = objdumpOf(file, '-s', '-j', '.rsrc')
  const lines = listing.flatMap((line) => /^ [0-9a-f]+ ((?:[0-9a-f]+ )+) /.exec(line)?.[1] ?? [])
  const text = Buffer.from(lines.join('').replaceAll(' ', ''), 'hex').toString('utf16le')
  const texts: Record<string, string> = {}
  for (const [name, field] of Object.entries({
    CompanyName: 'company',
    ProductName: 'product',
    FileVersion: 'version',
    FileDescription: 'description',
    OriginalFilename: 'originalName',
  })) {
    const value = new RegExp(`${name}\0+([^\0]+)`).exec(text)?.[1]
    if (value !== undefined) texts[field] = value
  }
  return texts
}

describe.skipIf(
  missing('Wine’s kernel images (Debian: libwine) and objdump (binutils)', files.length > 0 && !!objdump),
)('Wine’s kernel images', () => {
  test('both word sizes are there', () => {
    const sizes = new Set(files.map((file) => (file.includes('i386') ? 32 : 64)))
    expect(sizes.has(64)).toBe(true)
    if (process.env.DUMPLINE_REQUIRE_ALL === '1') expect(sizes.has(32)).toBe(true)
  })

  for (const file of files) {
    const name = `${basename(file)} (${file.includes('i386') ? 'i386' : 'amd64'})`
    test(`${name}: exports and imports are those that objdump lists`, async () => {
      const lines = objdumpOf(file, '-p')
      const memory = loaded(file)
      const image = await imageOf(memory)

      const { exports } = await readExports(memory, image)
      const ours = exports.map(
        (entry) => `${entry.ordinal} ${entry.forwarder ?? entry.rva.toString(16)} ${entry.name ?? ''}`,
      )
      expect(ours.sort()).toEqual(exportsByObjdump(lines))

      // Directory 12 spans the arrays of all DLLs; without it each has to be found by its descriptor.
      const none = { rva: 0, size: 0 }
      const directories = image.directories.map((entry, index) => (index === directoryIndex.iat ? none : entry))
      const module = await memory.read(base, image.sizeOfImage)
      const { slots, complete } = await declaredSlots(memory, { ...image, directories }, module)
      expect(complete).toBe(true)
      const imports = slots.filter(({ kind }) => kind === 'import-table')
      expect(new Map(imports.map(({ rva, size }) => [rva, size / memory.pointerBytes]))).toEqual(
        importsByObjdump(lines),
      )
    })

    test(`${name}: the version resource says what objdump shows of its section`, async () => {
      const memory = loaded(file)
      expect((await readVersion(memory, await imageOf(memory))) ?? {}).toEqual(versionByObjdump(file))
    })
  }

  test('ntoskrnl.exe and hal.dll say who made them', async () => {
    const makers = new Set<string | undefined>()
    for (const file of files.filter((path) => /(ntoskrnl\.exe|hal\.dll)$/.test(path))) {
      const memory = loaded(file)
      makers.add((await readVersion(memory, await imageOf(memory)))?.company)
    }
    expect([...makers]).toEqual(['Microsoft Corporation'])
  })
})
