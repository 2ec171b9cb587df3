import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readProcessors, usesFiveLevels, usesPae } from '../../shared/kernel/processors.ts'
import { handMadeKernel } from '../hand-made/kernel.ts'
import { openKernelOf } from '../hand-made/open.ts'

const modes = ['x86', 'x86-pae', 'x64'] as const
/** Where these hand-made processors keep their fields: what counts is that the debugger data block says so. */
const at = { number: 0x24, thread: 8, registers: 0x100, context: 0x1f0 }
const stackOffset = 0x18

describe.each(modes)('the processors of %s', (mode) => {
  const wide = mode === 'x64'
  const contextBytes = wide ? 0x4d0 : 0x2cc
  const pointers = (value: bigint): Uint8Array => {
    const bytes = new Uint8Array(8)
    new DataView(bytes.buffer).setBigUint64(0, value, true)
    return bytes.subarray(0, wide ? 8 : 4)
  }
  const context = (instruction: bigint, stack: bigint): Uint8Array => {
    const bytes = new Uint8Array(contextBytes)
    new DataView(bytes.buffer).setUint32(wide ? 0x30 : 0, wide ? 0x10001f : 0x1001f, true)
    bytes.set(pointers(instruction), wide ? 0xf8 : 0xb8)
    bytes.set(pointers(stack), wide ? 0x98 : 0xc4)
    return bytes
  }
  const instruction = (number: number): bigint => kernelAddress(0x1000 + number)
  const stack = (number: number): bigint => kernelAddress(0x20_0000 + number * 0x1_0000)
  const kernelAddress = (offset: number): bigint => (wide ? 0xfffff800_01600000n : 0xe0800000n) + BigInt(offset)

  const machine = (count = 3) => {
    const made = handMadeKernel(mode)
    for (const [offset, value] of [
      [0x2b4, at.thread],
      [0x2be, at.number],
      [0x2f2, at.registers],
      [0x2bc, at.context],
      [0x29e, stackOffset],
    ])
      made.u16(made.kdbg + BigInt(offset), value)
    const array = made.fresh(8 * count)
    made.slot(0x218, array)
    const prcbs = Array.from({ length: count }, (_, number) => {
      const prcb = made.fresh(0x800)
      const thread = made.fresh(0x40)
      made.pointer(array + BigInt(number * made.pointerBytes), prcb)
      made.u16(prcb + BigInt(at.number), number)
      made.pointer(prcb + BigInt(at.thread), thread)
      made.pointer(thread + BigInt(stackOffset), stack(number) + 0x1000n)
      for (const [index, value] of [0x80050031n, 0n, made.directoryTableBase, 0x6f8n].entries())
        made.pointer(prcb + BigInt(at.registers + index * made.pointerBytes), value)
      made.write(prcb + BigInt(at.context), context(instruction(number), stack(number)))
      return { prcb, thread }
    })
    /** The file, with registers in its header. */
    const file = (crash: Uint8Array | null = context(instruction(1), stack(1))): Uint8Array => {
      const bytes = made.file({ processors: count })
      if (crash !== null) bytes.set(crash, wide ? 0x348 : 0x320)
      return bytes
    }
    return { made, prcbs, array, file }
  }

  test('are read with their threads, registers and where they stopped', async () => {
    const { made, prcbs, file } = machine()
    const list = await readProcessors(await openKernelOf(file()))
    expect(list.note).toBeNull()
    expect(
      list.processors.map(({ context: stopped, ...rest }) => ({ ...rest, stopped: stopped?.instructionPointer })),
    ).toEqual(
      prcbs.map(({ prcb, thread }, number) => ({
        number,
        address: prcb,
        currentThread: thread,
        controlRegisters: { cr0: 0x80050031n, cr3: made.directoryTableBase, cr4: 0x6f8n },
        stopped: instruction(number),
      })),
    )
    expect([usesFiveLevels(list), usesPae(list)]).toEqual([false, true])
  })

  test('tell of five levels by CR4', async () => {
    const { made, prcbs, file } = machine()
    made.pointer(prcbs[0].prcb + BigInt(at.registers + 3 * made.pointerBytes), 0x16f8n)
    expect(usesFiveLevels(await readProcessors(await openKernelOf(file())))).toBe(true)
  })

  test('one of them crashed: where the header\u2019s registers are its own', async () => {
    const { file } = machine()
    expect((await readProcessors(await openKernelOf(file()))).crashed).toBe(1)
    const elsewhere = context(0x1234n, 0x5678n)
    expect((await readProcessors(await openKernelOf(file(elsewhere)))).crashed).toBeNull()
    expect((await readProcessors(await openKernelOf(file(null)))).crashed).toBeNull()
  })

  test('one of them crashed: on whose thread\u2019s stack the header\u2019s registers are', async () => {
    const { file } = machine()
    const fault = context(kernelAddress(0x9999), stack(2) + 0x800n)
    expect((await readProcessors(await openKernelOf(file(fault)))).crashed).toBe(2)
  })

  test('none is said to have crashed when two fit', async () => {
    const { made, prcbs, file } = machine()
    made.write(prcbs[2].prcb + BigInt(at.context), context(instruction(1), stack(1)))
    made.pointer(prcbs[2].thread + BigInt(stackOffset), stack(1) + 0x1000n)
    expect((await readProcessors(await openKernelOf(file()))).crashed).toBeNull()
  })

  test('have no registers that no processor with page tables has', async () => {
    const { made, prcbs, file } = machine()
    made.pointer(prcbs[0].prcb + BigInt(at.registers), 0x10n)
    const { processors } = await readProcessors(await openKernelOf(file()))
    expect(processors.map(({ controlRegisters }) => controlRegisters === null)).toEqual([true, false, false])
  })

  test('that bear another\u2019s number, or are absent, are left out and counted', async () => {
    const { made, prcbs, array, file } = machine()
    made.u16(prcbs[0].prcb + BigInt(at.number), 7)
    made.pointer(array + BigInt(2 * made.pointerBytes), 0n)
    const { processors, note } = await readProcessors(await openKernelOf(file()))
    expect(processors.map(({ number }) => number)).toEqual([1])
    expect(note).toContain('2 are not in the dump')
  })

  test('end bounded with a value whatever bits flip', async () => {
    const intact = machine().file()
    // A dump whose header says something else may be refused, and then has no processors to read.
    const headerBytes = wide ? 0x2000 : 0x1000
    const flips = fc.array(fc.tuple(fc.nat(intact.length - 1), fc.nat(7)), { maxLength: 200 })
    await fc.assert(
      fc.asyncProperty(flips, async (places) => {
        const file = intact.slice()
        for (const [offset, bit] of places) if (offset >= headerBytes) file[offset] ^= 1 << bit
        const list = await readProcessors(await openKernelOf(file))
        expect(list.processors.length).toBeLessThanOrEqual(2048)
      }),
      { numRuns: 60 },
    )
  })
})
