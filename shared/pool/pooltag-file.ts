import type { TagMeaning } from './tag-table.ts'

/** Longer files than this are not pooltag.txt (the real one has some 4,400 lines). */
const mostLines = 100_000

/** An editor's mark at the start of UTF-8, read as such or byte by byte. */
const byteOrderMark = /^(?:\uFEFF|\u00EF\u00BB\u00BF)/

/**
 * Reads a user's pooltag.txt (reference 10.2): lines of `tag - owner - meaning`, comments beginning with `rem` or `//`.
 * The first four columns are the tag, so that it may hold blanks and dashes; what follows is split once, so that a meaning
 * may hold dashes; a line of two fields has no owner. Lines that are none of this are skipped.
 */
export const readPooltagFile = (text: string): TagMeaning[] =>
  text
    .replace(byteOrderMark, '')
    .split(/\r?\n/, mostLines)
    .filter((line) => !/^\s*(rem\b|\/\/)/i.test(line))
    .flatMap((line) => {
      const match = /^(.{4})\s*- ?(.*)$/.exec(line) ?? /^\s*(\S{1,4})\s+- ?(.*)$/.exec(line)
      if (match === null || match[1].trim() === '') return []
      const rest = /^(.*?)\s+-\s+(.*)$/.exec(match[2])
      const owner = rest === null ? '' : rest[1].trim()
      const meaning = (rest === null ? match[2] : rest[2]).trim()
      if (meaning === '') return []
      return [
        { pattern: match[1].padEnd(4, ' '), owner: owner === '' || owner === '<unknown>' ? null : owner, meaning },
      ]
    })
