import { describe, expect, test } from 'vitest'
import { readImage } from '../../shared/image/read-image.ts'
import { decodeVersion, readVersion, type Version } from '../../shared/image/version.ts'
import { handMadeDump } from '../hand-made/dump.ts'
import { writeImage } from '../hand-made/image.ts'
import { resourceDirectory, versionResource } from '../hand-made/version-resource.ts'
import { memoryOf } from './memory.ts'

const base = 0xfffff88001230000n
const rva = 0x3f00

const texts = {
  CompanyName: 'Agent Software GmbH',
  FileDescription: 'Agent kernel part',
  FileVersion: '5.2.3790.3959 (srv03_sp2_rtm.070216-1710)',
  OriginalFilename: 'agentkrn.sys',
  ProductName: 'Agent',
  Comments: 'not asked for',
}

/** Reads the version of an image with this resource directory, which runs over a page's end; `missing` pages are absent. */
const versionOf = async (directory: Uint8Array, missing: readonly bigint[] = []): Promise<Version | null> => {
  const made = handMadeDump('x64')
  writeImage(made, base, { directories: { 2: { rva, size: directory.length } } })
  made.write(base + BigInt(rva), directory)
  for (const page of missing) made.entry(page, 0n)
  const memory = memoryOf(made)
  const image = await readImage(memory, base)
  if (image === null) throw new Error('no image')
  return readVersion(memory, image)
}

describe('a version resource in memory', () => {
  test('says who made the image', async () => {
    expect(await versionOf(resourceDirectory(rva, 16, versionResource(texts)))).toEqual({
      company: 'Agent Software GmbH',
      description: 'Agent kernel part',
      version: '5.2.3790.3959 (srv03_sp2_rtm.070216-1710)',
      originalName: 'agentkrn.sys',
      product: 'Agent',
    })
  })

  test('without texts gives the numbers of its fixed part', async () => {
    expect(await versionOf(resourceDirectory(rva, 16, versionResource({})))).toEqual({ version: '5.2.3790.3959' })
  })

  test('gives text without line ends or characters that cannot be seen', async () => {
    const odd = versionResource({ CompanyName: 'Agent\r\n \u202eSoftware\u0007', FileVersion: '\t' })
    expect(await versionOf(resourceDirectory(rva, 16, odd))).toEqual({
      company: 'Agent   Software',
      version: '5.2.3790.3959',
    })
  })

  test('is none when a page of it is absent, or the resources are of other types', async () => {
    const whole = resourceDirectory(rva, 16, versionResource(texts))
    expect(await versionOf(whole, [base + 0x3000n])).toBeNull()
    expect(await versionOf(whole, [base + 0x4000n])).toBeNull()
    expect(await versionOf(resourceDirectory(rva, 11, versionResource(texts)))).toBeNull()
  })

  test('tables that lead to themselves or far away end', async () => {
    const patched = (offset: number, value: number): Uint8Array => {
      const directory = resourceDirectory(rva, 16, versionResource(texts))
      new DataView(directory.buffer).setUint32(offset, value, true)
      return directory
    }
    // The first entry back to the root, past the image, and straight to data; then a table deeper than any.
    expect(await versionOf(patched(0x14, 0x8000_0000))).toBeNull()
    expect(await versionOf(patched(0x14, 0xffff_fff0))).toBeNull()
    expect(await versionOf(patched(0x14, 0x48))).toBeNull()
    expect(await versionOf(patched(0x44, 0x8000_0030))).toBeNull()
    // Data of a size or at a place that no version resource has.
    expect(await versionOf(patched(0x4c, 0xffff_ffff))).toBeNull()
    expect(await versionOf(patched(0x48, 0xffff_fff0))).toBeNull()
    // Counts beyond the image.
    expect(await versionOf(patched(0x0c, 0xffff_ffff))).toBeNull()
  })
})

describe('a version resource with any byte changed', () => {
  test('decodes to texts of bounded length or to nothing', () => {
    const whole = versionResource(texts)
    for (let at = 0; at < whole.length; at++)
      for (const value of [0, 1, 0x7f, 0xff]) {
        const damaged = whole.slice()
        damaged[at] = value
        for (const field of Object.values(decodeVersion(damaged) ?? {})) expect(field.length).toBeLessThanOrEqual(256)
      }
  })

  test('cut anywhere likewise', () => {
    const whole = versionResource(texts)
    for (let length = 0; length < whole.length; length++)
      expect(() => decodeVersion(whole.slice(0, length))).not.toThrow()
    expect(decodeVersion(whole.slice(0, 20))).toBeNull()
  })
})
