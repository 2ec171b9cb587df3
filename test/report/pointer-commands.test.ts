import { expect, test } from 'vitest'
import { displayPointers, examineSymbol, searchModules } from '../../shared/report/pointer-commands.ts'

const words = [0xe0894d1fn, 0xe0828e04n, 0xe089b708n, 0xe084011bn]

test('the seed: x, the search of all modules, dps', () => {
  expect(examineSymbol('nt!ExAllocatePool', 0xe0894d1fn, 4)).toEqual({
    command: 'x nt!ExAllocatePool',
    output: 'e0894d1f nt!ExAllocatePool',
  })
  expect(searchModules(0xe0894d1fn, [{ address: 0xf50b8058n, words }], 4)).toEqual({
    command: '!for_each_module s-d @#Base @#End e0894d1f',
    output: 'f50b8058  e0894d1f e0828e04 e089b708 e084011b  .M..............',
  })
  const name = (address: bigint) => (address === 0xe0894d1fn ? 'nt!ExAllocatePool' : null)
  expect(displayPointers({ address: 0xf50b8058n, words: words.slice(0, 2) }, name, 4)).toEqual({
    command: 'dps f50b8058',
    output: 'f50b8058  e0894d1f nt!ExAllocatePool\nf50b805c  e0828e04',
  })
})

test('64-bit addresses have a backtick, and the search is for quad words', () => {
  expect(
    searchModules(0xfffff80002a1b2c0n, [{ address: 0xfffff880012358n, words: [0xfffff80002a1b2c0n, 1n] }], 8),
  ).toEqual({
    command: '!for_each_module s-q @#Base @#End fffff800`02a1b2c0',
    output: '00fffff8`80012358  fffff800`02a1b2c0 00000000`00000001',
  })
})

test('what is not in the dump is question marks, and a routine that is not exported prints nothing', () => {
  expect(displayPointers({ address: 0xf50b8058n, words: [null] }, () => null, 4).output).toBe('f50b8058  ????????')
  expect(searchModules(1n, [{ address: 0x10n, words: [1n, null, 0x41424344n, 0n] }], 4).output).toBe(
    '00000010  00000001 ???????? 41424344 00000000  ....????DCBA....',
  )
  expect(examineSymbol('nt!ExAllocatePool3', null, 8).output).toBe('')
})
