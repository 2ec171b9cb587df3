import { expect, test } from 'vitest'
import { betterDumpSteps, firstLook, firstLookBytes } from '../../shared/upload/first-look.ts'

const look = (beginning: string | readonly number[], size = 4096) => {
  const bytes = typeof beginning === 'string' ? [...beginning].map((letter) => letter.charCodeAt(0)) : beginning
  return firstLook(Uint8Array.from(bytes).subarray(0, firstLookBytes), size)
}

/** The beginning of a dump of some type, as Windows writes it. */
const header = (signature: 'PAGEDUMP' | 'PAGEDU64', type: number): Uint8Array => {
  const bytes = Buffer.alloc(4096)
  bytes.write(signature, 'latin1')
  bytes.writeUInt32LE(type, signature === 'PAGEDU64' ? 0xf98 : 0xf88)
  return bytes.subarray(0, firstLookBytes)
}

test('nothing is said against kernel dumps', () => {
  for (const signature of ['PAGEDUMP', 'PAGEDU64', 'RDMPDUMP']) expect(look(signature).looksWrong).toBe(false)
  for (const type of [1, 2, 5, 6]) {
    expect(firstLook(header('PAGEDU64', type), 1e9).looksWrong).toBe(false)
    expect(firstLook(header('PAGEDUMP', type), 1e9).looksWrong).toBe(false)
  }
})

test('a small dump cannot answer, and how to have a larger one written is told', () => {
  for (const signature of ['PAGEDUMP', 'PAGEDU64'] as const)
    expect(firstLook(header(signature, 4), 300_000)).toMatchObject({
      looksWrong: true,
      what: expect.stringMatching(/small memory dump.*too little of the memory/),
      asksForSettings: true,
    })
  expect(betterDumpSteps.join(' ')).toMatch(/Kernel memory dump.*MEMORY\.DMP/)
})

test('archives that are unpacked here are taken', () => {
  for (const signature of ['PK\x03\x04', '\x1f\x8b', '\x28\xb5\x2f\xfd', 'MSCF'])
    expect(look(signature)).toMatchObject({ looksWrong: false, what: expect.stringMatching(/must hold one dump/) })
})

test('known other files are named', () => {
  expect(look('MDMP\x93\xa7\x00\x00').what).toMatch(/user-mode minidump/)
  expect(look([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]).what).toMatch(/PNG/)
  expect(look([0xff, 0xd8, 0xff, 0xe0]).what).toMatch(/JPEG/)
  expect(look('Rar!')).toMatchObject({ looksWrong: true, advice: expect.stringMatching(/Unpack/) })
  expect(look('hello you').what).toMatch(/does not begin like/)
  expect(look('', 0).what).toMatch(/empty/)
})
