import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isPrintableKey, keyOfTag, tagOfKey } from '../../shared/kernel/pools/pool-tag.ts'
import { readPooltagFile } from '../../shared/pool/pooltag-file.ts'
import { builtInTags, matchesTag, tagLookup } from '../../shared/pool/tag-table.ts'

describe('tags', () => {
  test('are written in memory order', () => {
    expect(keyOfTag('None')).toBe(0x656e6f4e)
    expect(tagOfKey(0x656e6f4e)).toBe('None')
    expect(tagOfKey(keyOfTag('CM'))).toBe('CM  ')
  })

  test('lose the protected bit, and show unprintable bytes', () => {
    expect(tagOfKey(0xe5726854)).toBe('Thre')
    expect(isPrintableKey(0xe5726854)).toBe(true)
    expect(tagOfKey(0x00417f09)).toBe('\\x09\\x7FA\\x00')
    expect(isPrintableKey(0x00417f09)).toBe(false)
  })

  test('there and back', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 4, unit: 'grapheme-ascii' }), (tag) => {
        expect(tagOfKey(keyOfTag(tag))).toBe(tag.padEnd(4, ' '))
      }),
    )
  })
})

describe('the built-in table', () => {
  const lookup = tagLookup([builtInTags])

  test('has the seed\u2019s words', () => {
    expect(lookup('None')).toMatchObject({ owner: null, meaning: 'call to ExAllocatePool' })
    expect(lookup('MmCm')).toMatchObject({ owner: 'nt!mm', meaning: 'Calls made to MmAllocateContiguousMemory' })
  })

  test('goes from the literal to the wildcard', () => {
    expect(lookup('AfdC')?.meaning).toBe('Sockets: connections')
    expect(lookup('AfdX')?.meaning).toBe('Sockets')
    expect(lookup('CM31')?.owner).toBe('nt!cm')
    expect(lookup('afdc')).toBeNull()
  })

  test('every row is a tag of four characters with a meaning, none twice', () => {
    for (const { pattern, meaning } of builtInTags) {
      expect(pattern).toMatch(/^[ -~]{4}$/)
      expect(meaning).not.toBe('')
    }
    expect(new Set(builtInTags.map(({ pattern }) => pattern)).size).toBe(builtInTags.length)
  })
})

test('wildcards', () => {
  expect(matchesTag('Bu*', 'Buzz')).toBe(true)
  expect(matchesTag('Bu*', 'Bu  ')).toBe(true)
  expect(matchesTag('G???', 'Gxyz')).toBe(true)
  expect(matchesTag('CM??', 'CMx')).toBe(true)
  expect(matchesTag('Mdl', 'Mdl ')).toBe(true)
  expect(matchesTag('Mdl', 'MdlX')).toBe(false)
})

describe('a user\u2019s pooltag.txt', () => {
  // As the command line reads it: every byte a character.
  const text = readFileSync(join(import.meta.dirname, 'pooltag.txt'), 'latin1')

  test('is read with its quirks', () => {
    expect(readPooltagFile(text).map(({ pattern, owner, meaning }) => [pattern, owner, meaning])).toEqual([
      ['None', null, 'call to ExAllocatePool'],
      ['CM??', 'nt!cm', 'Registry - of whatever kind'],
      ['CM25', 'nt!cm', 'Registry, literally'],
      ['Tcpt', 'one.sys', 'lower case'],
      ['TCPT', 'two.sys', 'upper case'],
      ['ATmp', null, 'AppTag mount point'],
      ['Irp+', 'nt!vf', 'punctuation in a tag'],
      ['a-bc', 'odd.sys', 'a dash in a tag'],
      ['-ab-', 'odd.sys', 'dashes at its ends'],
      ['A  b', 'gap.sys', 'blanks in a tag'],
      ['ab  ', 'two.sys', 'two characters'],
      ['a   ', 'one.sys', 'one character'],
      ['Mdl ', null, 'Mdls, of nobody in particular'],
      ['Bu* ', 'burn.sys', 'Burner'],
      ['Buzz', 'buzz.sys', 'Buzzer'],
      ['B*  ', 'bee.sys', 'anything with B'],
      ['Tab1', 'tab.sys', 'columns by tabs'],
      ['Trl1', 'trail.sys', 'blanks at the end'],
      ['Caf1', 'caf.sys', 'caf\u00e9 in Latin-1'],
      ['Irps', 'first.sys', 'one meaning'],
      ['Irps', 'second.sys', 'another meaning'],
    ])
  })

  test('case counts, literal tags go before wild cards, and longer ones before shorter', () => {
    const lookup = tagLookup([readPooltagFile(text)])
    const owners = ['Tcpt', 'TCPT', 'CM25', 'CM31', 'Buzz', 'Bulk', 'Blob', 'tcpt'].map((tag) => lookup(tag)?.owner)
    expect(owners).toEqual(['one.sys', 'two.sys', 'nt!cm', 'nt!cm', 'buzz.sys', 'burn.sys', 'bee.sys', undefined])
    expect(lookup('CM31')?.meaning).toBe('Registry - of whatever kind')
  })

  test('goes before the built-in table, which stays for what it does not know', () => {
    const lookup = tagLookup([readPooltagFile(text), builtInTags])
    expect(lookup('Irps')?.owner).toBe('first.sys')
    expect(lookup('Bulk')?.owner).toBe('burn.sys')
    expect(lookup('Thre')?.owner).toBe('nt!ps')
  })

  test('any text at all is read without an error', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (anything) => {
        for (const { pattern, meaning } of readPooltagFile(anything)) {
          expect(pattern).toHaveLength(4)
          expect(meaning).not.toBe('')
        }
      }),
    )
  })
})
