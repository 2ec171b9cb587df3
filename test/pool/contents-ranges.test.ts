import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { UnloadedModule } from '../../shared/analysis/module.ts'
import { rangesToLookFor } from '../../shared/pool/contents-ranges.ts'
import { module } from '../verdict/knowledge.ts'

const loaded = { ...module('here.sys', '0xf5000000'), size: 0x8000 }
const gone = (name: string, start: string, end: string): UnloadedModule => ({ name, start, end, unloadedAt: null })
const written = (unloaded: readonly UnloadedModule[]): string[] =>
  rangesToLookFor([loaded], unloaded).map(
    ({ name, base, size, unloaded: was }) =>
      `${name} ${base.toString(16)}-${(base + BigInt(size)).toString(16)}${was ? ' was' : ''}`,
  )

describe('pointers in blocks are held against', () => {
  test('modules in memory and where unloaded ones were', () => {
    expect(written([gone('gone.sys', '0xf6000000', '0xf6003000')])).toEqual([
      'here.sys f5000000-f5008000',
      'gone.sys (unloaded) f6000000-f6003000 was',
    ])
  })

  test('of an unloaded range only what nobody in memory took over', () => {
    expect(written([gone('gone.sys', '0xf4ffe000', '0xf500a000')]).slice(1)).toEqual([
      'gone.sys (unloaded) f4ffe000-f5000000 was',
      'gone.sys (unloaded) f5008000-f500a000 was',
    ])
    expect(written([gone('gone.sys', '0xf5001000', '0xf5008000')])).toHaveLength(1)
  })

  test('of two that were at one place the one unloaded last', () => {
    expect(
      written([gone('late.sys', '0xf6000000', '0xf6003000'), gone('early.sys', '0xf6001000', '0xf6005000')]).slice(1),
    ).toEqual(['late.sys (unloaded) f6000000-f6003000 was', 'early.sys (unloaded) f6003000-f6005000 was'])
  })

  test('no entry of impossible size', () => {
    expect(
      written([gone('huge.sys', '0x80000000', '0xfffff000'), gone('none.sys', '0xf7000000', '0xf7000000')]),
    ).toHaveLength(1)
  })
})

test('any modules and unloaded ranges: each address is the module’s, or the latest unloaded driver’s that had it', () => {
  const range = fc.tuple(fc.nat(60), fc.nat(20))
  fc.assert(
    fc.property(fc.array(range, { maxLength: 8 }), fc.array(range, { maxLength: 8 }), (modules, drivers) => {
      const at = (place: number): string => `0x${(0xf5000000 + place).toString(16)}`
      const ranges = rangesToLookFor(
        modules.map(([start, size], index) => ({ ...module(`m${index}`, at(start)), size: size + 1 })),
        drivers.map(([start, size], index) => gone(`u${index}`, at(start), at(start + size))),
      )
      for (let place = 0; place < 100; place++) {
        const address = 0xf5000000n + BigInt(place)
        const holds = ([start, size]: readonly [number, number]): boolean => place >= start && place < start + size
        const loadedHere = modules.some(([start, size]) => holds([start, size + 1]))
        const latest = drivers.findIndex(holds)
        const found = ranges.filter(
          ({ base, size, unloaded }) => unloaded && address >= base && address < base + BigInt(size),
        )
        expect(found.map(({ name }) => name)).toEqual(loadedHere || latest < 0 ? [] : [`u${latest} (unloaded)`])
      }
    }),
  )
})

// Each against each took three quarters of a minute; in order it is a hundredth of a second.
test('unloaded drivers over thousands of modules are not held against every one of them', { timeout: 10_000 }, () => {
  const at = (place: number): string => `0x${(0xfffff80000000000n + BigInt(place)).toString(16)}`
  const modules = Array.from({ length: 4096 }, (_, index) => ({
    ...module(`m${index}`, at(index * 0x10000)),
    size: 0x1000,
  }))
  const drivers = Array.from({ length: 50 }, (_, index) => gone(`u${index}`, at(index * 0x100), at(0x10000000)))
  expect(rangesToLookFor(modules, drivers)).toHaveLength(2 * 4096)
})
