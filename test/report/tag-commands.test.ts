import { expect, test } from 'vitest'
import { searchText } from '../../shared/report/tag-commands.ts'

test('the search for a tag shows sixteen bytes from each hit, as the debugger does, and what is absent', () => {
  const bytes = [...Buffer.from('Leak'), 0x68, 0x40, 0, 0, 0, 0x6a, 0, 0xff, 0x15, 0x58, null, null]
  expect(searchText('Leak', [{ address: 0xf50b4101n, bytes }], 4)).toEqual({
    command: '!for_each_module s -a @#Base @#End "Leak"',
    output: 'f50b4101  4c 65 61 6b 68 40 00 00-00 6a 00 ff 15 58 ?? ??  Leakh@...j...X??',
  })
  expect(searchText('Leak', [], 8).output).toBe('')
})
