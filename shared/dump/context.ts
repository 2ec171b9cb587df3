import { viewOf } from '../bytes/view.ts'

/** A processor's registers as a CONTEXT record holds them (public SDK header winnt.h). */
export type ProcessorContext = {
  readonly architecture: 'x86' | 'x64' | 'arm64'
  readonly instructionPointer: bigint
  readonly stackPointer: bigint
  readonly registers: Readonly<Record<string, bigint>>
}

type Layout = {
  readonly architecture: ProcessorContext['architecture']
  readonly bytes: number
  readonly flagsOffset: number
  /** The bit of ContextFlags that names the architecture. */
  readonly flag: number
  readonly instructionPointer: string
  readonly stackPointer: string
  /** Offset and size of each register. */
  readonly registers: Readonly<Record<string, readonly [number, 4 | 8]>>
}

/** Registers of one size that lie one after another. */
const row = (first: number, size: 4 | 8, names: readonly string[]): Record<string, readonly [number, 4 | 8]> =>
  Object.fromEntries(names.map((name, index) => [name, [first + index * size, size] as const]))

const numbered = (prefix: string, first: number, last: number): string[] =>
  Array.from({ length: last - first + 1 }, (_, index) => `${prefix}${first + index}`)

const layouts: readonly Layout[] = [
  {
    architecture: 'x64',
    bytes: 0x4d0,
    flagsOffset: 0x30,
    flag: 0x100000,
    instructionPointer: 'rip',
    stackPointer: 'rsp',
    registers: {
      ...row(0x34, 4, ['mxcsr']),
      ...row(0x44, 4, ['rflags']),
      ...row(0x78, 8, ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi', ...numbered('r', 8, 15), 'rip']),
    },
  },
  {
    architecture: 'arm64',
    bytes: 0x390,
    flagsOffset: 0,
    flag: 0x400000,
    instructionPointer: 'pc',
    stackPointer: 'sp',
    registers: {
      ...row(4, 4, ['cpsr']),
      ...row(8, 8, [...numbered('x', 0, 28), 'fp', 'lr', 'sp', 'pc']),
      ...row(0x310, 4, ['fpcr', 'fpsr']),
    },
  },
  {
    architecture: 'x86',
    bytes: 0x2cc,
    flagsOffset: 0,
    flag: 0x10000,
    instructionPointer: 'eip',
    stackPointer: 'esp',
    registers: row(0x9c, 4, ['edi', 'esi', 'ebx', 'edx', 'ecx', 'eax', 'ebp', 'eip', 'cs', 'eflags', 'esp', 'ss']),
  },
]

/** Bytes of a CONTEXT of each architecture. */
export const contextSizes: readonly number[] = layouts.map(({ bytes }) => bytes)

const architectureFlags = 0xffff_0000

/** Decodes a CONTEXT record, told apart by its own flags; null when they name none of the three architectures. */
export const decodeContext = (bytes: Uint8Array): ProcessorContext | null => {
  const view = viewOf(bytes)
  const layout = layouts.find(
    ({ flagsOffset, flag, bytes: size }) =>
      bytes.length >= size && (view.getUint32(flagsOffset, true) & architectureFlags) >>> 0 === flag,
  )
  if (layout === undefined) return null
  const registers = Object.fromEntries(
    Object.entries(layout.registers).map(([name, [offset, size]]) => [
      name,
      size === 4 ? BigInt(view.getUint32(offset, true)) : view.getBigUint64(offset, true),
    ]),
  )
  return {
    architecture: layout.architecture,
    instructionPointer: registers[layout.instructionPointer],
    stackPointer: registers[layout.stackPointer],
    registers,
  }
}
