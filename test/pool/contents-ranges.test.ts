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
