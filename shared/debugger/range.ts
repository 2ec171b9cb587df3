import { wrongCommand } from './command-error.ts'
import { atEnd, type Cursor, type ExpressionContext, parseExpression, skipBlanks } from './expression.ts'

/** What a command works on: `count` objects from `address` on. Null: no length was given. */
export type Range = { readonly address: bigint; readonly count: bigint | null; readonly unlimited: boolean }

/** An L before a number, a parenthesis or a blank; before anything else it begins a name. */
const lengthPattern = /L(\?)?(?=(?:0[xnty])?[0-9a-f`]+(?![\w!])|\(|\s)/iy

/**
 * `ADDRESS`, `ADDRESS L COUNT`, `ADDRESS END` (documentation, "Address and Address Range Syntax"). An end is the address
 * of the last byte; `toCount` makes a number of objects of the bytes up to it. `L?` asks for a range of any length.
 */
export const parseRange = async (
  cursor: Cursor,
  context: ExpressionContext,
  toCount: (bytes: bigint) => bigint,
): Promise<Range> => {
  const address = await parseExpression(cursor, context)
  if (atEnd(cursor)) return { address, count: null, unlimited: false }
  skipBlanks(cursor)
  lengthPattern.lastIndex = cursor.at
  const length = lengthPattern.exec(cursor.text)
  if (length !== null) {
    cursor.at += length[0].length
    return { address, count: await parseExpression(cursor, context), unlimited: length[1] !== undefined }
  }
  const end = await parseExpression(cursor, context)
  if (end < address) throw wrongCommand('Range error: the end lies before the start.')
  return { address, count: toCount(end - address + 1n), unlimited: false }
}

/** Complains of anything that is left over. */
export const expectEnd = (cursor: Cursor): void => {
  if (!atEnd(cursor)) throw wrongCommand(`Extra character error at '${cursor.text.slice(cursor.at, cursor.at + 20)}'.`)
}
