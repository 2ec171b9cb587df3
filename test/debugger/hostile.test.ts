import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bufferSource } from '../../shared/bytes/buffer-source.ts'
import { runCommand } from '../../shared/debugger/commands.ts'
import { openTarget } from '../../shared/stages/open-target.ts'
import { build } from '../forge/forge.ts'
import { never, openBytes } from './open.ts'

const lines = [
  'vertarget',
  '.bugcheck',
  'lm',
  'lmvm *',
  '!vm',
  '!poolused 1',
  'x nt!*',
  'dps nt',
  '!dh nt',
  '!lmi nt',
  '!pte nt',
  '!pool poi(nt!PoolTrackTable)',
  '!poolfind N*',
  '!for_each_module s-d @#Base @#End 0',
]

const intact = Buffer.concat(build('tiny-x64').pieces)

test('a damaged or cut dump ends every command, with output or a reason', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ at: fc.nat(intact.length - 1), bits: fc.integer({ min: 1, max: 255 }) }), {
        maxLength: 400,
      }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      async (damage, kept) => {
        const file = new Uint8Array(intact.subarray(0, kept < 0.5 ? intact.length : Math.floor(intact.length * kept)))
        for (const { at, bits } of damage) if (at < file.length) file[at] ^= bits
        const opening = await openTarget(bufferSource(file), {})
        if (opening.target === null) return
        for (const line of lines) {
          const { output } = await runCommand(opening.target, line, never)
          expect(output.length).toBeLessThan(2_000_000)
        }
      },
    ),
    { numRuns: 12, seed: 7 },
  )
})

test('whatever is typed ends, with output or a reason', { timeout: 60_000 }, async () => {
  const target = await openBytes(intact)
  const word = fc.oneof(
    fc.constantFrom(
      'dd',
      'dps',
      's-d',
      'x',
      'lm',
      '!pte',
      '!pool',
      '!poolused',
      '!dh',
      '!lmi',
      '?',
      'nt',
      'L',
      'L?',
      '!',
    ),
    fc.constantFrom(
      '(',
      ')',
      '+',
      '-',
      '*',
      'poi(',
      '/t',
      '@#Base',
      '"',
      'fffff800`02c52000',
      '0n10',
      'ffffffffffffffff',
    ),
    fc.string({ maxLength: 6 }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 6 }), async (words) => {
      const { output } = await runCommand(target, words.join(' '), { stopped: () => true })
      expect(output.length).toBeLessThan(2_000_000)
    }),
    { numRuns: 300, seed: 11 },
  )
})
