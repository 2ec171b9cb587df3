import { beforeAll, describe, expect, test } from 'vitest'
import { runCommand } from '../../shared/debugger/commands.ts'
import type { Target } from '../../shared/debugger/target.ts'
import type { Forged } from '../forge/forge.ts'
import { handMadeKernel } from '../hand-made/kernel.ts'
import { openBytes, openForged, refuse, run } from './open.ts'

const words = (text: string): string[] => text.split('\n').map((line) => line.trim().replace(/\s+/g, ' '))

describe.each(['tiny-x86', 'tiny-x86-pae', 'tiny-x64', 'x64-17763'])('%s', (scenario) => {
  let target: Target
  let truth: Forged['truth']
  beforeAll(async () => {
    const opened = await openForged(scenario)
    target = opened.target
    truth = opened.forged.truth
  })
  const rowOf = (tag: string) => truth.tags.find((row) => row.tag === tag)!

  test('!poolused: flags, a limit and a tag', async () => {
    const { outstanding, bytes, allocations, frees } = rowOf('None').nonPaged
    expect(words(await run(target, '!poolused /t1 2'))[5]).toBe(
      `None ${outstanding} ${bytes} 0 0 call to ExAllocatePool`,
    )
    expect(words(await run(target, '!poolused 3 Non*'))[5]).toBe(
      `None ${allocations} ${frees} ${outstanding} ${bytes} 0 0 0 0 call to ExAllocatePool`,
    )
    expect(words(await run(target, '!poolused'))).toContain('Sorting by Tag')
    expect(words(await run(target, '!poolused 4'))[0]).toBe('Sorting by Paged Pool Consumed')
    expect(await run(target, '!poolused 8')).toContain('Session pool')
    expect(await refuse(target, '!poolused 2 None more')).toContain('/tN')
  })

  test('!poolfind: every block of a tag, where it is', async () => {
    const output = words(await run(target, '!poolfind None'))
    const large = output.filter((line) => line.includes('large page allocation'))
    const blocks = output.filter((line) => / size: /.test(line) && !line.includes('large'))
    const { outstanding, bytes } = rowOf('None').nonPaged
    expect(large.length + blocks.length).toBe(outstanding)
    const largeBytes = large.reduce((sum, line) => sum + Number(/0x[0-9a-f]+/.exec(line)![0]), 0)
    expect(output).toContain(`${blocks.length} blocks, ${bytes - largeBytes} bytes.`)
    // Each line's address holds a header with the tag.
    for (const line of blocks.filter((_, index) => index % 50 === 0)) {
      const [address] = line.split(' ')
      expect(await run(target, `da ${address}+4 L4`)).toMatch(/"None"$/)
    }
    expect(blocks.join('\n')).not.toContain('#')
    expect(words(await run(target, '!poolfind None 1'))).toContain('0 blocks, 0 bytes.')
    expect(words(await run(target, '!poolfind 0x656e6f4e'))).toContain(
      `${blocks.length} blocks, ${bytes - largeBytes} bytes.`,
    )
  })

  test('!pool: the page’s blocks from end to end, a star at the one asked for', async () => {
    const line = words(await run(target, '!poolfind None')).find(
      (one) => / size: .*None$/.test(one) && !/large/.test(one),
    )!
    const address = BigInt(`0x${line.split(' ')[0]}`)
    const shown = (await run(target, `!pool ${(address + 8n).toString(16)}`)).split('\n')
    expect(shown[0]).toMatch(/^Pool page [0-9a-f]+ region is Nonpaged pool$/)
    const rows = shown.slice(1).filter((one) => one.includes(' previous size: '))
    expect(rows.filter((one) => one.startsWith('*')).map((one) => one.slice(1, one.indexOf(' size')))).toEqual([
      line.split(' ')[0],
    ])
    expect(shown[shown.findIndex((one) => one.startsWith('*')) + 1]).toBe('\t\tPooltag None : call to ExAllocatePool')
    const sizes = rows.map((one) => Number.parseInt(/size: +([0-9a-f]+)/.exec(one)![1], 16))
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(4096)
  })

  test('!pool: a large block is told by its table', async () => {
    const [block] = truth.bigAllocations
    const shown = await run(target, `!pool ${BigInt(block.address).toString(16)}+10`)
    expect(words(shown)[1]).toBe(
      `*${block.address.slice(2)} : large page allocation, tag is ${block.tag}, size is 0x${block.bytes.toString(16)} bytes`,
    )
  })

  test('!poolfind can be stopped, and says what it did not look at', async () => {
    const { output } = await runCommand(target, '!poolfind None', { stopped: () => true })
    expect(output).toContain('Stopped')
  })
})

test('where headers tile no page, what is found is called an indication', async () => {
  const { target } = await openForged('x64-26100')
  const output = await run(target, '!poolfind None')
  expect(output).toContain('not all of them')
  const first = output.split('\n').find((line) => line.includes(' previous size: '))!
  const page = await run(target, `!pool ${first.split(' ')[0]}`)
  expect(page).toMatch(/^\*[0-9a-f]{16} size: .*\*None$/m)
  expect(page).toContain('tag that the pool tracker knows')
})

test('a chain of headers that breaks is shown up to there; freed and protected blocks are told', async () => {
  const machine = handMadeKernel('x86')
  const page = 0x8a000000n
  const header = (offset: bigint, previous: number, size: number, type: number, tag: string): void => {
    machine.u32(page + offset, previous | (size << 16) | ((type << 25) >>> 0))
    for (const [index, letter] of [...tag].entries())
      machine.write(page + offset + 4n + BigInt(index), Uint8Array.of(letter.charCodeAt(0)))
  }
  machine.write(page, new Uint8Array(4096))
  header(0n, 0, 8, 5, 'Thr\xe5')
  header(0x40n, 8, 2, 0, 'Mm  ')
  header(0x50n, 2, 0x10, 5, 'Irp ')
  const shown = await run(await openBytes(machine.file()), '!pool 8a000048')
  expect(shown.split('\n')).toEqual([
    'Pool page 8a000048 region is Nonpaged pool',
    ' 8a000000 size:   40 previous size:    0  (Allocated)  Thre (Protected)',
    '*8a000040 size:   10 previous size:   40  (Free)      *Mm  ',
    '\t\tOwning component : Unknown (update pooltag.txt)',
    ' 8a000050 size:   80 previous size:   10  (Allocated)  Irp ',
    expect.stringMatching(/^8a0000d0 is not a valid small pool allocation/),
    expect.stringContaining('large pool allocations was not found'),
  ])
})

test('a page that is not in the dump is not called free', async () => {
  const target = await openBytes(handMadeKernel('x86').file())
  expect(await run(target, '!pool 8b000000')).toContain('(The page is not in the dump: not-mapped.)')
})
