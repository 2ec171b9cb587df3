/**
 * What the four bytes at an offset are to the x86 or x64 instruction they seem to belong to, judged by the bytes before
 * them (reference 10.3); null when they are no operand. REX prefixes change nothing: 41 B8 is mov r8d as B8 is mov eax.
 */
export const x86Operand = (bytes: Uint8Array, at: number): 'loaded' | 'compared' | null => {
  const before = (distance: number): number => (at >= distance ? bytes[at - distance] : -1)
  const last = before(1)
  // B8-BF mov reg, imm32: no text holds these bytes.
  if (last >= 0xb8 && last <= 0xbf) return 'loaded'
  // 68 push imm32 and 3D cmp eax, imm32 are the characters h and =.
  if (last === 0x68) return isText(bytes, at) ? null : 'loaded'
  if (last === 0x3d && !isText(bytes, at)) return 'compared'
  // C7 /0 mov [operand], imm32 and 81 /7 cmp [operand], imm32, by the length of the operand.
  for (const bytesOfOperand of [1, 2, 3, 5, 6]) {
    const opcode = before(bytesOfOperand + 1)
    if (opcode !== 0xc7 && opcode !== 0x81) continue
    const modRm = before(bytesOfOperand)
    if (operandBytes(modRm, before(bytesOfOperand - 1)) !== bytesOfOperand) continue
    const extension = (modRm >> 3) & 7
    if (opcode === 0xc7 && extension === 0) return 'loaded'
    if (opcode === 0x81 && extension === 7) return 'compared'
  }
  return null
}

/** Bytes of ModRM, SIB and displacement of an operand that begins with these two bytes. */
const operandBytes = (modRm: number, sib: number): number => {
  const mode = modRm >> 6
  const rm = modRm & 7
  if (mode === 3) return 1
  const base = rm === 4 ? 2 : 1
  if (mode === 1) return base + 1
  if (mode === 2) return base + 4
  const noBase = rm === 5 || (rm === 4 && (sib & 7) === 5)
  return noBase ? base + 4 : base
}

/** Instructions between two strings of machine code seldom happen to be this many printable bytes in a row. */
const shortestText = 16

const isText = (bytes: Uint8Array, at: number): boolean => {
  const isPrintable = (offset: number): boolean => bytes[offset] >= 0x20 && bytes[offset] < 0x7f
  let from = at
  let to = at + 4
  while (from > 0 && to - from < shortestText && isPrintable(from - 1)) from--
  while (to < bytes.length && to - from < shortestText && isPrintable(to)) to++
  return to - from >= shortestText
}
