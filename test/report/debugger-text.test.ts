import { expect, test } from 'vitest'
import { debuggerAddress, debuggerTime, debuggerUptime, pagesAndKb } from '../../shared/report/debugger-text.ts'

test('addresses are as wide as the machine’s', () => {
  expect(debuggerAddress(0xf50b3000n, 4)).toBe('f50b3000')
  expect(debuggerAddress(0x12n, 4)).toBe('00000012')
  expect(debuggerAddress(0xfffff8047ba00000n, 8)).toBe('fffff804`7ba00000')
})

test('times are the debugger’s', () => {
  expect(debuggerTime('2021-02-03T01:38:22.987Z')).toBe('Wed Feb  3 01:38:22.987 2021 (UTC + 0:00)')
  expect(debuggerUptime(3 * 86_400 + 4 * 3600 + 5 * 60 + 6.789)).toBe('3 days 4:05:06.789')
  expect(debuggerUptime(3.7470697)).toBe('0 days 0:00:03.747')
})

test('pages are told in Kb too', () => {
  expect(pagesAndKb(31369)).toBe('31369 ( 125476 Kb)')
})
