import { type Va, writePointer } from '../words.ts'

/** What a CONTEXT record is told of the processor. */
export type ContextFacts = { readonly machine: number; readonly instructionPointer: Va; readonly stackPointer: Va }

/** Bytes of a CONTEXT by machine type (reference 1.2, 1.3). */
export const contextBytes: Readonly<Record<number, number>> = { 332: 0x2cc, 34404: 0x4d0, 43620: 0x390 }

/** Writes a CONTEXT: the fields a debugger shows first (winnt.h). */
export const writeContext = (bytes: Buffer, at: number, facts: ContextFacts): void => {
  bytes.fill(0, at, at + contextBytes[facts.machine])
  writers[facts.machine](bytes, at, facts)
}

const context64 = (bytes: Buffer, at: number, facts: ContextFacts): void => {
  const u32 = (offset: number, value: number): void => void bytes.writeUInt32LE(value, at + offset)
  u32(0x30, 0x10001f)
  u32(0x34, 0x1f80)
  u32(0x38, 0x002b0010)
  u32(0x3c, 0x0053002b)
  u32(0x40, 0x0018002b)
  u32(0x44, 0x246)
  // MXCSR again, where FXSAVE has it.
  u32(0x118, 0x1f80)
  writePointer(bytes, at + 0x98, facts.stackPointer, 8)
  writePointer(bytes, at + 0xf8, facts.instructionPointer, 8)
}

const context32 = (bytes: Buffer, at: number, { instructionPointer, stackPointer }: ContextFacts): void => {
  const fields: readonly (readonly [number, number])[] = [
    [0, 0x1001f],
    [0x8c, 0],
    [0x90, 0x30],
    [0x94, 0x23],
    [0x98, 0x23],
    [0xb4, stackPointer + 0x40],
    [0xb8, instructionPointer],
    [0xbc, 0x8],
    [0xc0, 0x246],
    [0xc4, stackPointer],
    [0xc8, 0x10],
  ]
  for (const [offset, value] of fields) bytes.writeUInt32LE(value, at + offset)
}

const contextArm64 = (bytes: Buffer, at: number, { instructionPointer, stackPointer }: ContextFacts): void => {
  bytes.writeUInt32LE(0x400007, at)
  bytes.writeUInt32LE(0x600001c5, at + 4)
  writePointer(bytes, at + 0xf0, stackPointer + 0x40, 8)
  writePointer(bytes, at + 0xf8, instructionPointer, 8)
  writePointer(bytes, at + 0x100, stackPointer, 8)
  writePointer(bytes, at + 0x108, instructionPointer, 8)
}

const writers: Readonly<Record<number, typeof context64>> = { 332: context32, 34404: context64, 43620: contextArm64 }
