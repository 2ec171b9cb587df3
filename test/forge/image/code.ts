import type { Random } from '../random.ts'
import type { Va, Width } from '../words.ts'

/** A call through an import slot, with the pool tag it passes where the routine takes one. */
export type CallSite = { readonly slot: Va; readonly tag?: number; readonly size?: number }

export type Code = {
  readonly bytes: Buffer
  /** Range of the buffer to fill. */
  readonly from: number
  readonly to: number
  /** Address of the buffer's first byte. */
  readonly base: Va
  readonly width: Width
  readonly random: Random
  /** Offsets at which a function must begin. */
  readonly starts?: readonly number[]
  /** Calls to place, each once. */
  readonly calls?: readonly CallSite[]
}

const bytesOf = (text: string): readonly number[] => text.split(' ').map((byte) => Number.parseInt(byte, 16))

/** Machine code as compilers of the time wrote it; `??` bytes are random. Plain filler: nothing depends on it. */
const dialects = {
  4: {
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
  },
  8: {
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
  },
} as const

type Template = readonly number[]
const compiled = Object.fromEntries(
  Object.entries(dialects).map(([width, dialect]) => [
    width,
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
 * relative on x64 (reference 7.6), preceded by the arguments an allocation takes (10.3).
 */
export const writeCode = ({ bytes, from, to, base, width, random, starts = [], calls = [] }: Code): number[] => {
  const { padding, alignment } = dialects[width]
  const { prologues, body, epilogues } = compiled[width]
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
  const emitCall = ({ slot, tag, size = 0x40 }: CallSite): void => {
    if (width === 4) {
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
    const end = Math.min(fixed[nextFixed] ?? to, at + random.between(160, 500))
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
