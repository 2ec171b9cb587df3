import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { processLayouts } from '../../shared/kernel/process-layouts.ts'
import { readProcesses } from '../../shared/kernel/processes.ts'
import { handMadeKernel } from '../hand-made/kernel.ts'
import { openKernelOf } from '../hand-made/open.ts'
import { addProcesses } from '../hand-made/processes.ts'

const modes = ['x86', 'x86-pae', 'x64'] as const
const listed = [
  { name: 'System', pid: 4, activeThreads: 64 },
  { name: 'smss.exe', pid: 316, activeThreads: 3 },
  { name: 'a-long-name-of-a-program.exe', pid: 0x1234, activeThreads: 12 },
]
const names = (processes: readonly { name: string; pid: number }[]) => processes.map(({ name, pid }) => [name, pid])

describe.each(modes)('the processes of %s', (mode) => {
  const machine = () => {
    const made = handMadeKernel(mode)
    const { head, addresses } = addProcesses(made, listed)
    const linksOf = mode === 'x64' ? 0x188n : 0x98n
    return { made, head, addresses, linksOf, file: () => made.file({ psActiveProcessHead: head }) }
  }

  test('are read with id, name, root, handle table and threads', async () => {
    const { made, addresses, file } = machine()
    expect(await readProcesses(await openKernelOf(file()))).toEqual({
      note: null,
      processes: listed.map(({ name, pid, activeThreads }, index) => ({
        address: addresses[index],
        pid,
        name: name.slice(0, 14),
        directoryTableBase: made.directoryTableBase,
        objectTable: made.base + 0x8000n,
        activeThreads,
      })),
    })
  })

  test('are found by the debugger data block when the header does not say where', async () => {
    const { made, head } = machine()
    made.slot(0x50, head)
    const { processes } = await readProcesses(await openKernelOf(made.file()))
    expect(processes.length).toBe(3)
  })

  test('of a list that runs in a circle past its head end where it began', async () => {
    const { made, addresses, linksOf, file } = machine()
    made.pointer(addresses[2] + linksOf, addresses[1] + linksOf)
    const { processes, note } = await readProcesses(await openKernelOf(file()))
    expect(names(processes)).toEqual(listed.map(({ name, pid }) => [name.slice(0, 14), pid]))
    expect(note).toContain('breaks off')
  })

  test('are found from the other end of a list that breaks', async () => {
    const { made, addresses, linksOf, file } = machine()
    made.pointer(addresses[0] + linksOf, 0n)
    const { processes, note } = await readProcesses(await openKernelOf(file()))
    expect(names(processes)).toEqual(listed.map(({ name, pid }) => [name.slice(0, 14), pid]))
    expect(note).toContain('there may be more')
  })

  test('whose ended handle table is gone have none', async () => {
    const { made, addresses, file } = machine()
    made.pointer(addresses[1] + (mode === 'x64' ? 0x200n : 0xd4n), 0n)
    expect((await readProcesses(await openKernelOf(file()))).processes[1].objectTable).toBeNull()
  })

  test('of no known layout are none, and that is said', async () => {
    const { made, addresses, file } = machine()
    for (const address of addresses) made.u16(address, 0x1b)
    expect(await readProcesses(await openKernelOf(file()))).toEqual({
      processes: [],
      note: expect.stringContaining('no process of a known layout'),
    })
    expect((await readProcesses(await openKernelOf(made.file()))).note).toContain('not in the dump')
  })

  test('end bounded with a value whatever bits flip', async () => {
    const { head, made } = machine()
    const intact = made.file({ psActiveProcessHead: head })
    const flips = fc.array(fc.tuple(fc.integer({ min: 0x2000, max: intact.length - 1 }), fc.nat(7)), { maxLength: 200 })
    await fc.assert(
      fc.asyncProperty(flips, async (places) => {
        const file = intact.slice()
        for (const [at, bit] of places) file[at] ^= 1 << bit
        const kernel = await openKernelOf(file)
        const { processes } = await readProcesses(kernel)
        expect(processes.length).toBeLessThan(64)
        for (const { pid } of processes) expect(pid % 4).toBe(0)
      }),
      { numRuns: 60 },
    )
  })
})

describe('the layout of EPROCESS', () => {
  test('may be the build\u2019s moved by a pointer, as a running kernel had it', () => {
    const layouts = processLayouts(8, 3790, null, null)
    const moved = { links: 0xd8, objectTable: 0x150, imageName: 0x260, activeThreads: 0x2a8 }
    expect(layouts.findIndex(({ links }) => links === 0xd8)).toBeGreaterThan(
      layouts.findIndex(({ fromBuild }) => fromBuild === 19041),
    )
    expect(layouts).toContainEqual(expect.objectContaining(moved))
  })

  const first = (pointerBytes: 4 | 8, build: number, size: number | null, peb: number | null) =>
    processLayouts(pointerBytes, build, size, peb)[0]

  test.each([
    [4, 3790, 0x98],
    [4, 2600, 0x88],
    [4, 6002, 0xa0],
    [4, 7601, 0xb8],
    [8, 3790, 0xe0],
    [8, 7601, 0x188],
    [8, 9600, 0x2e8],
    [8, 17763, 0x2e8],
    [8, 18363, 0x2f0],
    [8, 19045, 0x448],
    [8, 22631, 0x448],
  ] as const)('of %i-byte pointers and build %i has its links at %i', (pointerBytes, build, links) => {
    expect(first(pointerBytes, build, null, null).links).toBe(links)
  })

  test.each([
    // Reference 11.4: 26100 x64, and the 22000 ARM64 sample.
    [26100, 0x2e0, { links: 0x1d8, objectTable: 0x300, imageName: 0x338, activeThreads: 0x380 }],
    [22000, 0x508, { links: 0x400, objectTable: 0x528, imageName: 0x560, activeThreads: 0x5a8 }],
    [19041, 0x550, { links: 0x448, objectTable: 0x570, imageName: 0x5a8, activeThreads: 0x5f0 }],
  ] as const)('of build %i follows the Peb that the debugger data block gives', (build, peb, expected) => {
    expect(first(8, build, null, peb)).toMatchObject(expected)
  })

  test('is chosen by its size where builds share a number', () => {
    expect(first(8, 20000, 0xa40, null).links).toBe(0x448)
    expect(processLayouts(8, 7601, 0x660, null)[1].links).toBe(0x2e8)
  })
})
