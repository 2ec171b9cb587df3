import { readPointer } from '../memory/ranges.ts'
import type { VirtualMemory } from '../memory/virtual-memory.ts'
import { wrongCommand } from './command-error.ts'

/** What expressions refer to. Names are resolved as `module`, `module!symbol`, or a symbol of the kernel. */
export type ExpressionContext = {
  readonly memory: VirtualMemory
  readonly names: { addressOf(name: string): Promise<bigint | null> }
}

/** A place in what was typed. */
export type Cursor = { readonly text: string; at: number }

const maxDepth = 32
const radixes: Readonly<Record<string, bigint>> = { x: 16n, n: 10n, t: 8n, y: 2n }

/** Moves the cursor over blanks. */
export const skipBlanks = (cursor: Cursor): void => {
  while (cursor.at < cursor.text.length && /\s/.test(cursor.text[cursor.at])) cursor.at++
}

/** Whether nothing but blanks follows; moves the cursor over them. */
export const atEnd = (cursor: Cursor): boolean => {
  skipBlanks(cursor)
  return cursor.at >= cursor.text.length
}

/**
 * Reads one expression from the cursor on and leaves the cursor behind it: numbers (hexadecimal unless `0n`, `0t` or `0y`
 * says otherwise, with or without a backquote), names, `+ - *`, parentheses and `poi()`, as the debugger's MASM
 * evaluator (documentation, "MASM Numbers and Operators"). The value is cut to so many bits, as a rule to the machine's
 * pointers. Rejects with a `wrong-command` TaggedError.
 */
export const parseExpression = async (
  cursor: Cursor,
  context: ExpressionContext,
  bits = context.memory.pointerBytes * 8,
): Promise<bigint> => BigInt.asUintN(bits, await sum(cursor, context, 0))

const sum = async (cursor: Cursor, context: ExpressionContext, depth: number): Promise<bigint> => {
  let value = await product(cursor, context, depth)
  for (let operator = takeOperator(cursor, '+-'); operator !== null; operator = takeOperator(cursor, '+-')) {
    const right = await product(cursor, context, depth)
    value = BigInt.asUintN(64, operator === '+' ? value + right : value - right)
  }
  return value
}

const product = async (cursor: Cursor, context: ExpressionContext, depth: number): Promise<bigint> => {
  let value = await operand(cursor, context, depth)
  while (takeOperator(cursor, '*') !== null) value = BigInt.asUintN(64, value * (await operand(cursor, context, depth)))
  return value
}

const operand = async (cursor: Cursor, context: ExpressionContext, depth: number): Promise<bigint> => {
  if (depth > maxDepth) throw wrongCommand('The expression has too many parentheses.')
  if (takeOperator(cursor, '-') !== null) return BigInt.asUintN(64, -(await operand(cursor, context, depth + 1)))
  if (takeOperator(cursor, '(') !== null) {
    const value = await sum(cursor, context, depth + 1)
    if (takeOperator(cursor, ')') === null) throw wrongCommand('A parenthesis is not closed.')
    return value
  }
  const word = takeWord(cursor)
  if (word === null) throw wrongCommand(`An address or number is missing ${whereIs(cursor)}.`)
  if (word === 'poi' && cursor.text[cursor.at] === '(') return dereference(cursor, context, depth)
  const number = parseNumber(word)
  if (number !== null) return number
  const address = await context.names.addressOf(word)
  if (address === null)
    throw wrongCommand(`Couldn't resolve error at '${word}': no known module, export or symbol is called so.`)
  return address
}

const dereference = async (cursor: Cursor, context: ExpressionContext, depth: number): Promise<bigint> => {
  const address = BigInt.asUintN(context.memory.pointerBytes * 8, await operand(cursor, context, depth + 1))
  const value = await readPointer(context.memory, address)
  if (value === null)
    throw wrongCommand(`Memory access error: the word at 0x${address.toString(16)} is not in the dump.`)
  return value
}

const whereIs = ({ text, at }: Cursor): string => (at >= text.length ? 'at the end' : `at '${text.slice(at, at + 20)}'`)

const takeOperator = (cursor: Cursor, operators: string): string | null => {
  skipBlanks(cursor)
  const next = cursor.text[cursor.at]
  if (next === undefined || !operators.includes(next)) return null
  cursor.at++
  return next
}

/** Names of modules may hold dots, and of drivers that are called by a GUID braces and dashes. */
const wordPattern = /(?:\{[^}\s]*\}|[A-Za-z0-9_`.$?@#])+(?:![A-Za-z0-9_?$@#.]+)?/y

const takeWord = (cursor: Cursor): string | null => {
  skipBlanks(cursor)
  wordPattern.lastIndex = cursor.at
  const match = wordPattern.exec(cursor.text)
  if (match === null) return null
  cursor.at += match[0].length
  return match[0]
}

/** A number as the debugger reads it, or null when the word is none. */
export const parseNumber = (word: string): bigint | null => {
  const prefixed = /^0([xnty])([0-9a-f`]+)$/i.exec(word)
  if (prefixed !== null) return digitsOf(prefixed[2], radixes[prefixed[1].toLowerCase()])
  const plain = /^([0-9a-f`]+)h?$/i.exec(word)
  return plain === null ? null : digitsOf(plain[1], 16n)
}

/** At most 64 bits; null for a digit that the radix does not have. */
const digitsOf = (text: string, radix: bigint): bigint | null => {
  const digits = text.replaceAll('`', '')
  if (digits === '' || digits.length > 64) return null
  let value = 0n
  for (const digit of digits) {
    const worth = BigInt(Number.parseInt(digit, 16))
    if (worth >= radix) return null
    value = value * radix + worth
  }
  return value < 1n << 64n ? value : null
}
