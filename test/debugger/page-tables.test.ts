import { describe, expect, test } from 'vitest'
import { mappedAddresses } from '../../shared/kernel/mapped-pages.ts'
import { handMadeKernel } from '../hand-made/kernel.ts'
import { openBytes, openForged, refuse, run } from './open.ts'

const lines = (text: string): string[] => text.split('\n')
const base = 0xfffff880_00000000n

/** A kernel whose page tables see themselves where x64 Windows 7 has them: entry 1ED of the root leads to the root. */
const dump = (build = 7601) => {
  const machine = handMadeKernel('x64', [], build)
  const root = Number(machine.directoryTableBase >> 12n)
  const view = new DataView(machine.physical(root).buffer)
  view.setBigUint64(0x1ed * 8, machine.directoryTableBase | 0x63n, true)
  return machine
}

describe('!pte', () => {
  test('a page: each level’s address and content, what it says, column under column', async () => {
    const machine = dump()
    const pfn = machine.map(base + 0x201000n)
    const shown = lines(await run(await openBytes(machine.file()), '!pte fffff880`00201abc'))
    expect(shown[0].trim()).toBe('VA fffff88000201abc')
    expect(shown[1]).toBe(
      'PXE at FFFFF6FB7DBEDF88    PPE at FFFFF6FB7DBF1000    PDE at FFFFF6FB7E200008    PTE at FFFFF6FC40001008',
    )
    const content = ((BigInt(pfn) << 12n) | 0x63n).toString(16).toUpperCase().padStart(16, '0')
    expect(shown[2].slice(81)).toBe(`contains ${content}`)
    expect(shown[3].slice(81)).toBe(`pfn ${pfn.toString(16).padEnd(10)}---DA--KWEV`)
    expect(shown[3].slice(0, 25)).toMatch(/^pfn [0-9a-f]+ +-{7}KREV$/)
  })

  test('a large page ends the walk, and which of its pages is told', async () => {
    const machine = dump()
    machine.mapLarge(base + 0x200000n, 0x2800)
    const shown = lines(await run(await openBytes(machine.file()), '!pte fffff880`00215000'))
    expect(shown[3].slice(54)).toBe('pfn 2800      --LDA--KWEV  LARGE PAGE pfn 2815')
  })

  test.each([
    ['transition', 0x60533860n, ['Transition: 60533', 'Protect: 3 - ExecuteRead']],
    ['page file', (0x4d1fn << 32n) | 0x84n, ['PageFile:  2', 'Offset: 4d1f', 'Protect: 4 - ReadWrite']],
    ['VAD', 0xffffffff_00000480n, ['Proto: VAD', 'Protect: 4 - ReadWrite']],
    ['demand zero', 0x80n, ['PageFile:  0', 'Offset: 0', 'Protect: 4 - ReadWrite']],
    ['nothing', 0n, []],
  ])('%s: not valid, and why', async (_, entry, details) => {
    const machine = dump()
    machine.map(base)
    machine.entry(base + 0x1000n, entry)
    const shown = lines(await run(await openBytes(machine.file()), '!pte fffff880`00001000'))
    expect(shown[3].slice(81)).toBe('not valid')
    expect(shown.slice(4).map((line) => line.trimStart())).toEqual(details)
  })

  test('where a level is missing nothing is made up for those below it', async () => {
    const shown = lines(await run(await openBytes(dump().file()), '!pte 1000'))
    expect(shown.slice(2)).toEqual(['contains 0000000000000000', 'not valid'])
  })

  test('without the self-map, or a word where it is, says so', async () => {
    const machine = handMadeKernel('x64')
    expect(await run(await openBytes(machine.file()), '!pte fffff880`00000000')).toContain(
      'Unable to get PXE FFFFF6FB7DBEDF88',
    )
    expect(await refuse(await openBytes(dump(15063).file()), '!pte fffff880`00000000')).toContain('page tables')
  })

  test.each(['tiny-x86', 'tiny-x86-pae', 'tiny-x64', 'x64-15063', 'x64-la57-26100', 'arm64-26100'])(
    '%s: nt’s first page is where it is read from, and the other way round',
    async (scenario) => {
      const { target } = await openForged(scenario)
      const nt = BigInt(target.modules[0].base)
      const place = await target.memory.translate(nt)
      const pfn = place.pfn ?? -1
      expect(lines(await run(target, '!pte nt')).at(-1)).toMatch(new RegExp(` {2}pfn ${pfn.toString(16)}(?: .*V)?$`))
      const pages = await mappedAddresses(target.kernel!, new Set([pfn, 0xffffff]), () => false)
      expect([...(pages ?? [])]).toEqual([[pfn, nt]])
    },
  )
})

test('a search for pages can be stopped', async () => {
  const { target } = await openForged('tiny-x86')
  expect(await mappedAddresses(target.kernel!, new Set([1]), () => true)).toEqual(new Map())
})

test('large pages without end are not gone through page by page', async () => {
  const machine = dump()
  const wordsOf = (pfn: number): BigUint64Array => new BigUint64Array(machine.physical(pfn).buffer)
  // Wherever the root had nothing it leads to one table, whose entries are large pages of 1 GiB, all of the same memory.
  const table = machine.page()
  wordsOf(table).fill(0x1e3n)
  const root = wordsOf(Number(machine.directoryTableBase >> 12n))
  for (let index = 256; index < 512; index++) if (root[index] === 0n) root[index] = (BigInt(table) << 12n) | 0x63n
  const { kernel } = await openBytes(machine.file())
  const pages = await mappedAddresses(kernel!, new Set([0x20000, 0xfffffff]), () => false)
  expect(pages).toEqual(new Map([[0x20000, 0xffff8000_20000000n]]))
})
