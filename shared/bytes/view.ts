/** A little-endian view of bytes, wherever in their buffer they begin. */
export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** The characters up to the first NUL or the end. Bytes above 127 are read as Latin-1, so that nothing is lost. */
export const asciiAt = (bytes: Uint8Array, offset: number, limit: number): string => {
  const end = Math.min(bytes.length, offset + limit)
  let text = ''
  for (let index = offset; index < end && bytes[index] !== 0; index++) text += String.fromCharCode(bytes[index])
  return text
}

/** UTF-16LE characters; an odd last byte is ignored. */
export const utf16 = (bytes: Uint8Array): string => {
  const view = viewOf(bytes)
  let text = ''
  for (let offset = 0; offset + 2 <= bytes.length; offset += 2)
    text += String.fromCharCode(view.getUint16(offset, true))
  return text
}
