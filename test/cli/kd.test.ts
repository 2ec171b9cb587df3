import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { forge } from '../forge/forge.ts'
import { seedVmLines } from '../seed.ts'

const program = join(import.meta.dirname, '../../functions/cli/dumpline.ts')
const folder = mkdtempSync(join(tmpdir(), 'dumpline-kd-'))
const dump = join(folder, '2008.dmp')
const symbols = `${dump}.symbols.json`
beforeAll(async () => {
  await forge('2008-nonpaged-depletion', dump)
})
afterAll(() => rmSync(folder, { recursive: true }))

const kd = (args: string[], input = '') =>
  spawnSync(process.execPath, [program, 'kd', ...args], { encoding: 'utf8', input })

/** Output as words: the seed lost its columns' alignment on the way to a web page. */
const lines = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim().replace(/\s+/g, ' '))
    .filter((line) => line !== '')

/** What follows each prompt of the processor that crashed in 2008, by command, in order. */
const transcript = (text: string): Map<string, string[]> => {
  const commands = new Map<string, string[]>()
  let current: string[] = []
  for (const line of lines(text)) {
    const prompt = /^2: kd> (.*)$/.exec(line)
    if (prompt === null) current.push(line)
    else {
      current = []
      commands.set(prompt[1], current)
    }
  }
  return commands
}

describe("the seed's session", () => {
  const session = [
    '!vm',
    '!poolused /t2 2',
    'x nt!ExAllocatePool',
    '!for_each_module s-d @#Base @#End e0894d1f',
    'dps f50b8058',
    '!lmi f50b8058',
  ]
  let shown: Map<string, string[]>
  beforeAll(() => {
    const { status, stdout, stderr } = kd([dump, '--symbols', symbols, '-c', session.join('; ')])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    shown = transcript(stdout)
  })

  test('has its commands in order', () => expect([...shown.keys()]).toEqual(session))

  test('!vm: every line in its place', () => {
    expect(shown.get('!vm')?.slice(0, 25)).toEqual([...seedVmLines, 'Committed pages: 214877 ( 859508 Kb)'])
  })

  test('!poolused /t2 2: two tags', () => {
    expect(shown.get('!poolused /t2 2')).toEqual([
      'Sorting by NonPaged Pool Consumed',
      'Pool Used:',
      'NonPaged Paged',
      'Tag Allocs Used Allocs Used',
      'None 246479 50827424 0 0 call to ExAllocatePool',
      'MmCm 1198 18462512 0 0 Calls made to MmAllocateContiguousMemory , Binary: nt!mm',
    ])
  })

  test('the allocator, its one importer, and what stands around it', () => {
    expect(shown.get('x nt!ExAllocatePool')).toEqual(['e0894d1f nt!ExAllocatePool'])
    const [hit, ...rest] = shown.get('!for_each_module s-d @#Base @#End e0894d1f') ?? []
    // The seed's fourth word is e084011b here and e083e30a in its dps: the forge took the latter.
    expect(hit).toBe('f50b8058 e0894d1f e0828e04 e089b708 e083e30a .M..............')
    expect(rest).toEqual([expect.stringMatching(/^\(\d+ of \d+ bytes are not in the dump/)])
    expect(shown.get('dps f50b8058')?.slice(0, 4)).toEqual([
      'f50b8058 e0894d1f nt!ExAllocatePool',
      'f50b805c e0828e04 nt!_wcsnicmp',
      'f50b8060 e089b708 nt!ExFreePoolWithTag',
      'f50b8064 e083e30a nt!KeInitializeEvent',
    ])
    expect(shown.get('dps f50b8058')).toHaveLength(32)
  })

  test('!lmi: whose it is', () => {
    expect(shown.get('!lmi f50b8058')?.slice(0, 4)).toEqual([
      'Loaded Module Info: [f50b8058]',
      'Module: {5B1F9C2E-7A44-4D0B-9E63-0C8A1D27F3B6}',
      'Base Address: f50b3000',
      'Image Name: {5B1F9C2E-7A44-4D0B-9E63-0C8A1D27F3B6}.sys',
    ])
  })
})

describe('interactive, from a pipe', () => {
  test('runs line after line, several commands on one, up to q', () => {
    const { status, stdout, stderr } = kd([dump], 'vertarget\n\n? 10; ? 0n10\nq\nlm\n')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const shown = transcript(stdout)
    expect([...shown.keys()]).toEqual(['vertarget', '? 10', '? 0n10', 'q'])
    expect(shown.get('? 10')).toEqual(['Evaluate expression: 16 = 00000010'])
    expect(shown.get('? 0n10')).toEqual(['Evaluate expression: 10 = 0000000a'])
  })

  test('ends with its input, and a command it does not know ends nothing', () => {
    const { status, stdout } = kd([dump], '!analyze -v\n.bugcheck')
    expect(status).toBe(0)
    expect(stdout).toMatch(/There is no command '!analyze' here\. .*\?/)
    expect(stdout).toContain('Bugcheck code 000000E2')
  })
})

test('a line may be ended by a command, and nothing of a dump commands the terminal', () => {
  const { stdout } = kd([dump, '-c', 'du nt L40; da nt L40; q; lm'])
  expect(stdout).not.toContain('kd> lm')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
  expect(stdout).not.toMatch(/[\u0000-\u0008\u000b-\u001f]/)
})

test('2: a command given with -c that cannot be run, the others are run all the same', () => {
  const { status, stdout } = kd([dump, '-c', 'frobnicate; .bugcheck'])
  expect(status).toBe(2)
  expect(stdout).toContain("There is no command 'frobnicate'")
  expect(stdout).toContain('Bugcheck code')
})

test('3: not a dump, the reason on stderr', () => {
  const text = join(folder, 'text.txt')
  writeFileSync(text, 'Dear support, '.repeat(100))
  expect(kd([text, '-c', 'lm'])).toMatchObject({
    status: 3,
    stdout: '',
    stderr: expect.stringMatching(/^dumpline: .*dump/),
  })
})
