import type { Random } from '../random.ts'
import type { Va } from '../words.ts'

/** A call through an import slot, with the pool tag it passes where the routine takes one. */
export type CallSite = { readonly slot: Va; readonly tag?: number; readonly size?: number }

export type Code = {
  readonly bytes: Buffer
  /** Range of the buffer to fill. */
  readonly from: number
  readonly to: number
  /** Address of the buffer's first byte. */
  readonly base: Va
  /** IMAGE_FILE_MACHINE. */
  readonly machine: number
  readonly random: Random
  /** Offsets at which a function must begin. */
  readonly starts?: readonly number[]
  /** Calls to place, each once. */
  readonly calls?: readonly CallSite[]
}

const bytesOf = (text: string): readonly number[] => text.split(' ').map((byte) => Number.parseInt(byte, 16))

const machines = { x86: 0x14c, x64: 0x8664, arm64: 0xaa64 } as const

/** `step`: the length every instruction is a multiple of. */
type Dialect = {
  readonly prologues: readonly string[]
  readonly body: readonly string[]
  readonly epilogues: readonly string[]
  readonly padding: number
  readonly alignment: number
  readonly step: number
}

/** Machine code as compilers of the time wrote it; `??` bytes are random. Plain filler: nothing depends on it. */
const dialects: Readonly<Record<number, Dialect>> = {
  [machines.x86]: {
    prologues: ['8b ff 55 8b ec 83 ec 14', '55 8b ec 51 53 56', '8b ff 55 8b ec 56 57', '6a 1c 68 ?? ?? 00 00'],
    body: [
      '8b 45 08',
      '8b 4d 0c',
      '89 45 fc',
      '33 c0',
      '85 c0',
      '74 ??',
      '75 ??',
      '8b 46 ??',
      '89 4e ??',
      '83 c4 0c',
      '6a 00',
      '6a ??',
      '56',
      '50',
      '8d 45 f4',
      '3b c1',
      '0f b7 40 ??',
      'f6 46 ?? 01',
      'c7 45 f8 ?? ?? 00 00',
      '81 e1 ff 0f 00 00',
    ],
    epilogues: ['5e 5b c9 c2 08 00', '5f 5e 5d c2 0c 00', 'c9 c3', '5e 5d c2 04 00'],
    padding: 0xcc,
    alignment: 1,
    step: 1,
  },
  [machines.x64]: {
    prologues: [
      '48 89 5c 24 08 57 48 83 ec 20',
      '40 53 48 83 ec 20',
      '48 8b c4 48 89 58 08 48 83 ec 40',
      '48 83 ec 28',
    ],
    body: [
      '48 8b d9',
      '48 8b 43 ??',
      '48 89 44 24 ??',
      '33 d2',
      '48 85 c0',
      '74 ??',
      '75 ??',
      '8b 4b ??',
      '45 33 c0',
      '48 8d 54 24 30',
      '4c 8b c7',
      '83 f8 01',
      '0f b7 43 ??',
      'f6 43 ?? 02',
      'ba ?? ?? 00 00',
      '48 8b 5c 24 ??',
      '66 90',
    ],
    epilogues: ['48 8b 5c 24 30 48 83 c4 20 5f c3', '48 83 c4 20 5b c3', '48 83 c4 28 c3'],
    padding: 0xcc,
    alignment: 16,
    step: 1,
  },
  [machines.arm64]: {
    prologues: [
      'fd 7b be a9 fd 03 00 91',
      'f3 53 be a9 fd 7b 01 a9 fd 43 00 91',
      '7f 23 03 d5 fd 7b bf a9 fd 03 00 91',
    ],
    body: [
      'f3 03 00 aa',
      '60 ?? 40 f9',
      '61 ?? 40 b9',
      'e0 03 13 aa',
      '60 ?? 00 f9',
      '40 ?? 00 b4',
      '1f 00 00 71',
      '08 ?? 80 52',
      '00 01 00 8b',
      '68 ?? 40 39',
    ],
    epilogues: ['fd 7b c2 a8 c0 03 5f d6', 'fd 7b 41 a9 f3 53 c2 a8 c0 03 5f d6'],
    padding: 0,
    alignment: 16,
    step: 4,
  },
}

type Template = readonly number[]
const compiled = Object.fromEntries(
  Object.entries(dialects).map(([machine, dialect]) => [
    machine,
    {
      prologues: dialect.prologues.map(bytesOf),
      body: dialect.body.map(bytesOf),
      epilogues: dialect.epilogues.map(bytesOf),
    },
  ]),
) as Record<string, { prologues: Template[]; body: Template[]; epilogues: Template[] }>

/** The longest thing written at once, with room to spare. */
const longest = 64

/**
 * Fills a range with functions and returns the offsets they begin at. Import calls are `FF 15 slot`, absolute on x86 and
 * relative on x64, and ADRP, LDR, BLR on ARM64 (reference 7.6), preceded by the arguments an allocation takes (10.3).
 */
export const writeCode = ({ bytes, from, to, base, machine, random, starts = [], calls = [] }: Code): number[] => {
  const { padding, alignment, step } = dialects[machine]
  const { prologues, body, epilogues } = compiled[machine]
  const functions: number[] = []
  const fixed = starts.filter((start) => start >= from && start < to).sort((a, b) => a - b)
  let at = from
  let nextFixed = 0
  let nextCall = 0

  const emit = (template: Template): void => {
    for (const byte of template) bytes[at++] = Number.isNaN(byte) ? random.u32() & 0xff : byte
  }
  const emitWord = (value: number): void => {
    bytes.writeUInt32LE(value >>> 0, at)
    at += 4
  }
  const emitConstant = (register: number, value: number): void => {
    emitWord(0x52800000 + (value % 0x10000) * 0x20 + register)
    if (value >= 0x10000) emitWord(0x72a00000 + (value >>> 16) * 0x20 + register)
  }
  const emitCall = ({ slot, tag, size = 0x40 }: CallSite): void => {
    if (machine === machines.arm64) {
      if (tag !== undefined) emitConstant(2, tag)
      emitConstant(1, size)
      emitConstant(0, 0)
      const pages = Math.floor(slot / 4096) - Math.floor((base + at) / 4096)
      emitWord(0x90000008 + (pages & 3) * 2 ** 29 + ((pages >> 2) & 0x7ffff) * 0x20)
      emitWord(0xf9400108 + ((slot % 4096) / 8) * 0x400)
      emitWord(0xd63f0100)
      return
    }
    if (machine === machines.x86) {
      if (tag !== undefined) {
        bytes[at++] = 0x68
        emitWord(tag)
      }
      bytes[at++] = 0x68
      emitWord(size)
      emit([0x6a, 0x00, 0xff, 0x15])
      emitWord(slot)
      return
    }
    if (tag !== undefined) {
      emit([0x41, 0xb8])
      emitWord(tag)
    }
    bytes[at++] = 0xba
    emitWord(size)
    emit([0x33, 0xc9, 0xff, 0x15])
    emitWord(slot - (base + at + 4))
  }

  while (at < to) {
    const limit = fixed[nextFixed] ?? to
    if (at === limit) nextFixed++
    const length = random.between(160, 500)
    const end = Math.min(fixed[nextFixed] ?? to, at + length - (length % step))
    if (end - at < 2 * longest) {
      bytes.fill(padding, at, end)
      if (at === limit) functions.push(at)
      at = end
      continue
    }
    functions.push(at)
    emit(random.pick(prologues))
    while (at < end - longest) {
      if (nextCall < calls.length && random.below(6) === 0) emitCall(calls[nextCall++])
      else emit(random.pick(body))
    }
    emit(random.pick(epilogues))
    const next = Math.min(Math.ceil((at + random.below(4)) / alignment) * alignment, fixed[nextFixed] ?? to, to)
    bytes.fill(padding, at, next)
    at = next
  }
  if (nextCall < calls.length) throw new Error('The code section is too small for its calls.')
  if (functions.length === 0) throw new Error('The code section is too small for a function.')
  return functions
}
