import type { ArchiveFormat } from '../analysis/archive-format.ts'
import { type HuffmanTable, huffmanTable } from './huffman.ts'
import type { Intake } from './intake.ts'
import { cutOff, damaged } from './refusals.ts'

/**
 * "Enhanced Deflating" of PKWARE's APPNOTE (method 9): DEFLATE (RFC 1951) with a window of 64 KiB, a longest match that
 * takes 16 more bits to say, and two more codes for distances. Node's zlib does not know it.
 */
const windowBytes = 2 ** 16
const outputBytes = 2 ** 18
const longestMatch = 3 + 0xffff
/** What a match with all its extra bits may take of the input at most, and the bit buffer beyond it. */
const symbolBytes = 16
/** What a block says of its codes takes at most 14 + 19 * 3 + 320 * 14 bits. */
const codesBytes = 600

const codes = (count: number, value: (code: number) => number) =>
  Array.from({ length: count }, (_, code) => value(code))
const lengthExtra = codes(29, (code) => (code === 28 ? 16 : code < 8 ? 0 : (code >> 2) - 1))
const lengthBase = codes(29, (code) =>
  code === 28 || code < 8 ? 3 + (code % 28) : 3 + ((4 + (code & 3)) << ((code >> 2) - 1)),
)
const distanceExtra = codes(32, (code) => (code < 4 ? 0 : (code >> 1) - 1))
const distanceBase = codes(32, (code) => 1 + (code < 4 ? code : (2 + (code & 1)) << ((code >> 1) - 1)))
/** The order in which a block says the lengths of the code that all other lengths are written in. */
const lengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

const fixedLiterals = Uint8Array.from(codes(288, (code) => (code < 144 ? 8 : code < 256 ? 9 : code < 280 ? 7 : 8)))
const fixedDistances = new Uint8Array(32).fill(5)

type State = {
  /** The input at hand, from `at` on; zeros follow its end at `inputEnd`. */
  input: Uint8Array
  inputEnd: number
  at: number
  /** Up to 31 bits that have been taken from the input and not been used. */
  bits: number
  count: number
  /** What has been written last, then from `windowBytes` on what is being written. */
  output: Uint8Array
  written: number
  /** The first byte of the output that a match may reach back to. */
  oldest: number
}

class BadBits extends Error {
  override readonly name = 'BadBits'
}

/** One raw Deflate64 stream, up to its end mark. What follows it stays in the intake. */
export const inflate64 = async function* (format: ArchiveFormat, intake: Intake): AsyncGenerator<Uint8Array, void> {
  const state: State = {
    input: new Uint8Array(),
    inputEnd: 0,
    at: 0,
    bits: 0,
    count: 0,
    output: new Uint8Array(windowBytes + outputBytes + longestMatch),
    written: windowBytes,
    oldest: windowBytes,
  }
  /** Bytes of the input at hand that no bit has been used of. */
  const unused = (): number => state.inputEnd - state.at + (state.count >> 3)
  const ensure = async (length: number): Promise<void> => {
    if (unused() < 0) throw cutOff(format)
    if (state.inputEnd - state.at >= length || state.input.length > state.inputEnd) return
    intake.giveBack(state.inputEnd - state.at)
    const isLast = (await intake.peek(length)).length < length
    const piece = (await intake.next()) ?? new Uint8Array()
    state.inputEnd = piece.length
    state.at = 0
    state.input = piece
    if (!isLast) return
    state.input = new Uint8Array(piece.length + codesBytes + symbolBytes)
    state.input.set(piece)
  }

  try {
    for (let isLast = false; !isLast; ) {
      await ensure(codesBytes)
      isLast = take(state, 1) === 1
      const kind = take(state, 2)
      if (kind === 0) {
        // Up to the next whole byte; what the bit buffer holds of the bytes after it goes back.
        state.at -= state.count >> 3
        state.bits = 0
        state.count = 0
        let rest = storedBytes(state)
        while (rest > 0) {
          await ensure(1)
          if (unused() <= 0) throw cutOff(format)
          const length = Math.min(rest, unused())
          if (state.written + length > windowBytes + outputBytes) yield flush(state)
          state.output.set(state.input.subarray(state.at, state.at + length), state.written)
          state.at += length
          state.written += length
          rest -= length
        }
        continue
      }
      const [literals, distances] = blockCodes(state, kind)
      for (;;) {
        const end = copySymbols(state, literals, distances)
        if (end === 'output') yield flush(state)
        else if (end === 'block') break
        else await ensure(symbolBytes)
      }
      if (unused() < 0) throw cutOff(format)
    }
    if (unused() < 0) throw cutOff(format)
    intake.giveBack(unused())
    if (state.written > windowBytes) yield flush(state)
  } catch (error) {
    if (error instanceof BadBits) throw damaged(format, 'its packed bytes cannot be unpacked.', { cause: error })
    throw error
  }
}

const flush = (state: State): Uint8Array => {
  const chunk = state.output.slice(windowBytes, state.written)
  state.output.copyWithin(0, state.written - windowBytes, state.written)
  state.oldest = Math.max(0, state.oldest - chunk.length)
  state.written = windowBytes
  return chunk
}

const refill = (state: State): void => {
  for (; state.count <= 23; state.count += 8) state.bits |= state.input[state.at++] << state.count
}

/** The next up to 16 bits as a number. */
const take = (state: State, length: number): number => {
  refill(state)
  const value = state.bits & ((1 << length) - 1)
  state.bits >>>= length
  state.count -= length
  return value
}

const takeSymbol = (state: State, { table, width }: HuffmanTable): number => {
  refill(state)
  const entry = table[state.bits & ((1 << width) - 1)]
  if (entry === 0) throw new BadBits('no such code')
  state.bits >>>= entry & 15
  state.count -= entry & 15
  return entry >> 4
}

const storedBytes = (state: State): number => {
  const length = take(state, 16)
  if (take(state, 16) !== (length ^ 0xffff)) throw new BadBits('stored length')
  // All 32 bits of the length came out of whole bytes, and so does what is left.
  state.at -= state.count >> 3
  state.bits = 0
  state.count = 0
  return length
}

const tableOf = (lengths: Uint8Array): HuffmanTable => {
  const table = huffmanTable(lengths)
  if (table === null) throw new BadBits('more codes than fit')
  return table
}

const blockCodes = (state: State, kind: number): [HuffmanTable, HuffmanTable] => {
  if (kind === 1) return [tableOf(fixedLiterals), tableOf(fixedDistances)]
  if (kind === 3) throw new BadBits('kind of block')
  const [literals, distances, ordered] = [take(state, 5) + 257, take(state, 5) + 1, take(state, 4) + 4]
  const orderLengths = new Uint8Array(lengthOrder.length)
  for (let n = 0; n < ordered; n++) orderLengths[lengthOrder[n]] = take(state, 3)
  const table = tableOf(orderLengths)
  const lengths = new Uint8Array(literals + distances)
  for (let n = 0; n < lengths.length; ) {
    const code = takeSymbol(state, table)
    if (code < 16) {
      lengths[n++] = code
      continue
    }
    if (code === 16 && n === 0) throw new BadBits('nothing to repeat')
    const repeats = code === 16 ? 3 + take(state, 2) : code === 17 ? 3 + take(state, 3) : 11 + take(state, 7)
    if (n + repeats > lengths.length) throw new BadBits('more lengths than codes')
    lengths.fill(code === 16 ? lengths[n - 1] : 0, n, n + repeats)
    n += repeats
  }
  return [tableOf(lengths.subarray(0, literals)), tableOf(lengths.subarray(literals))]
}

/** Unpacks until the block ends or there is too little input or room. All in local variables: this is the hot loop. */
const copySymbols = (state: State, literals: HuffmanTable, distances: HuffmanTable): 'input' | 'output' | 'block' => {
  const { input, output, oldest } = state
  const { table: literalTable } = literals
  const { table: distanceTable } = distances
  const literalMask = literalTable.length - 1
  const distanceMask = distanceTable.length - 1
  const lastInput = input.length - symbolBytes
  const lastOutput = windowBytes + outputBytes
  let { at, bits, count, written } = state
  let end: 'input' | 'output' | 'block'
  for (;;) {
    if (at > lastInput) {
      end = 'input'
      break
    }
    if (written >= lastOutput) {
      end = 'output'
      break
    }
    for (; count <= 23; count += 8) bits |= input[at++] << count
    const entry = literalTable[bits & literalMask]
    if (entry === 0) throw new BadBits('no such code')
    bits >>>= entry & 15
    count -= entry & 15
    const symbol = entry >> 4
    if (symbol < 256) {
      output[written++] = symbol
      continue
    }
    if (symbol === 256) {
      end = 'block'
      break
    }
    if (symbol > 285) throw new BadBits('no such length')
    for (; count <= 23; count += 8) bits |= input[at++] << count
    const moreLength = lengthExtra[symbol - 257]
    const length = lengthBase[symbol - 257] + (bits & ((1 << moreLength) - 1))
    bits >>>= moreLength
    count -= moreLength

    for (; count <= 23; count += 8) bits |= input[at++] << count
    const distanceEntry = distanceTable[bits & distanceMask]
    if (distanceEntry === 0) throw new BadBits('no such code')
    bits >>>= distanceEntry & 15
    count -= distanceEntry & 15
    const code = distanceEntry >> 4
    for (; count <= 23; count += 8) bits |= input[at++] << count
    const moreDistance = distanceExtra[code]
    const from = written - distanceBase[code] - (bits & ((1 << moreDistance) - 1))
    bits >>>= moreDistance
    count -= moreDistance
    if (from < oldest) throw new BadBits('match before the beginning')
    if (written - from >= length) output.copyWithin(written, from, from + length)
    else for (let n = 0; n < length; n++) output[written + n] = output[from + n]
    written += length
  }
  state.at = at
  state.bits = bits
  state.count = count
  state.written = written
  return end
}
