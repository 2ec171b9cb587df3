/**
 * Text out of a dump or a file's name, made safe to read: control and format characters (line breaks, bidirectional
 * overrides, zero-width ones) are shown as escapes, so that a driver cannot look like another one. Markup needs no
 * care here, because React writes text, never HTML.
 */
export const visibleText = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}]|\p{Cs}/gu, (character) => {
    const code = character.codePointAt(0) ?? 0
    return code <= 0xff ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
  })

/** The same for text of several lines, whose line breaks and tabs stay. */
export const visibleLines = (text: string): string =>
  text
    .split(/(\r?\n|\t)/)
    .map((piece, index) => (index % 2 === 0 ? visibleText(piece) : piece))
    .join('')
