import { expect, test } from 'vitest'
import { compareAddresses, debuggerAddress } from '../../functions/portal/format/address.ts'
import {
  formatBytes,
  formatExactBytes,
  formatPages,
  formatShare,
  percentOf,
} from '../../functions/portal/format/size.ts'
import { formatAge, formatDuration, formatTimestamp } from '../../functions/portal/format/time.ts'
import { visibleLines, visibleText } from '../../functions/portal/format/visible-text.ts'

test('sizes are read at a glance and can be compared exactly', () => {
  expect(formatBytes(0)).toBe('0 bytes')
  expect(formatBytes(1)).toBe('1 byte')
  expect(formatBytes(1023)).toBe('1,023 bytes')
  expect(formatBytes(1024)).toBe('1.00 KiB')
  expect(formatBytes(50_827_424)).toBe('48.5 MiB')
  expect(formatBytes(128 * 2 ** 30)).toBe('128 GiB')
  expect(formatExactBytes(50_827_424)).toBe('50,827,424 bytes (48.5 MiB)')
  expect(formatExactBytes(12)).toBe('12 bytes')
  expect(formatPages(31_986)).toBe('125 MiB')
})

test('a share never claims more than is so', () => {
  expect(percentOf(999_999, 1_000_000)).toBe(99)
  expect(percentOf(1, 1_000_000)).toBe(1)
  expect(percentOf(0, 10)).toBe(0)
  expect(percentOf(10, 10)).toBe(100)
  expect(percentOf(0, 0)).toBeNull()
  expect(formatShare(0, 0)).toBe('–')
})

test('ages and durations name their two largest units', () => {
  const now = Date.parse('2026-01-31T12:00:00Z')
  expect(formatAge('2026-01-31T11:59:30Z', now)).toBe('just now')
  expect(formatAge('2026-01-31T12:00:30Z', now)).toBe('just now')
  expect(formatAge('2026-01-31T11:18:00Z', now)).toBe('42 min ago')
  expect(formatAge('2026-01-31T01:00:00Z', now)).toBe('11 h ago')
  expect(formatAge('2026-01-30T11:00:00Z', now)).toBe('1 day ago')
  expect(formatAge('2026-01-01T12:00:00Z', now)).toBe('30 days ago')
  expect(formatDuration(840)).toBe('840 ms')
  expect(formatDuration(4200)).toBe('4.2 s')
  expect(formatDuration(59_400)).toBe('59 s')
  expect(formatDuration(59_999)).toBe('59 s')
  expect(formatDuration(60_000)).toBe('1 min')
  expect(formatDuration(200_000)).toBe('3 min 20 s')
  expect(formatDuration(7_500_000)).toBe('2 h 5 min')
  expect(formatDuration(402_713_000)).toBe('4 days 15 h')
  expect(formatTimestamp('2008-12-17T21:04:59.250Z')).toBe('2008-12-17 21:04:59 UTC')
})

test('addresses look as in a debugger and sort by value', () => {
  expect(debuggerAddress('0xf50b8058')).toBe('f50b8058')
  expect(debuggerAddress('0xfffff80012345678')).toBe('fffff800`12345678')
  expect(debuggerAddress('0x7ff612345678')).toBe('00007ff6`12345678')
  expect(debuggerAddress('0x10')).toBe('00000010')
  expect(['0xf50b8058', '0xfffff80012345678', '0x10'].sort(compareAddresses)).toEqual([
    '0x10',
    '0xf50b8058',
    '0xfffff80012345678',
  ])
})

test('characters that make text look like other text are shown', () => {
  expect(visibleText('gnp\u202Esys.exe')).toBe('gnp\\u{202e}sys.exe')
  expect(visibleText('a\u0000b\nc\u200Bd')).toBe('a\\x00b\\x0ac\\u{200b}d')
  expect(visibleText('Größe ∑ 日本 <b>')).toBe('Größe ∑ 日本 <b>')
  expect(visibleLines('a\tb\r\nc\u0007\n')).toBe('a\tb\r\nc\\x07\n')
})
