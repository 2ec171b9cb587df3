import { TaggedError } from './tagged-error.ts'

/** The error of a read that cannot have all its bytes: past the end, or cut off on the way. */
export const shortRead = (offset: number, length: number, got: number): TaggedError =>
  new TaggedError(
    'short-read',
    `${length} bytes were wanted at offset 0x${offset.toString(16)} of the dump and only ${Math.max(0, got)} are there.`,
    'Check that the file was copied or uploaded completely; if it was, the dump itself was cut off when it was written.',
  )

/** Throws `short-read` unless the range lies within `size` bytes. */
export const assertWithin = (offset: number, length: number, size: number): void => {
  if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length) || offset < 0 || length < 0)
    throw new RangeError(`A byte range needs whole, non-negative numbers, not ${offset} and ${length}.`)
  if (offset + length > size) throw shortRead(offset, length, size - offset)
}
