import { expect, test } from 'vitest'
import { symbolResolver } from '../../shared/symbols/resolve.ts'

const module = (name: string | null, base: bigint) => ({
  name,
  path: null,
  base,
  size: 0x1000,
  timestamp: null,
  checksum: null,
})
const modules = [module('ntoskrnl.exe', 0xe0800000n), module('HAL.dll', 0xe0700000n), module(null, 0xf0000000n)]
const map = { nt: { ExPoolFailures: '0x1234' }, hal: { HalThing: '0x10' }, gone: { Thing: '0x1' } }

test('a symbol is where its module is loaded', () => {
  const resolve = symbolResolver(map, modules)
  expect(resolve('ExPoolFailures')).toBe(0xe0801234n)
  expect(resolve('nt!ExPoolFailures')).toBe(0xe0801234n)
  expect(resolve('hal!HalThing')).toBe(0xe0700010n)
})

test('what the map or the dump does not have is null', () => {
  const resolve = symbolResolver(map, modules)
  for (const name of ['expoolfailures', 'toString', 'hal!ExPoolFailures', 'gone!Thing', 'nowhere!Thing'])
    expect(resolve(name)).toBeNull()
  expect(symbolResolver(undefined, modules)('ExPoolFailures')).toBeNull()
  expect(symbolResolver(map, [])('ExPoolFailures')).toBeNull()
})
