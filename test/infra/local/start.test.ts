import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { machineTokens } from '../../../infra/local/identity/machine.ts'
import { identitySecretsOf } from '../../../infra/local/identity/secrets.ts'
import { apiClient } from '../../../infra/local/job/api-client.ts'
import { CaseList } from '../../../shared/cases/api.ts'
import { SignIn } from '../../../shared/cases/identity-api.ts'
import { temporaryFolder, until } from './support/stack.ts'

const script = join(import.meta.dirname, '../../../infra/local/start.ts')

/** `npm start` with these arguments; what it has printed so far, and its exit status once it has ended. */
const npmStart = (...args: string[]) => {
  const child = spawn(process.execPath, [script, '--port', '0', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  let printed = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      printed += chunk
    })
  const ended = once(child, 'close').then(([code]) => code as number | null)
  return { child, printed: () => printed, ended }
}

test('a file that is no dump goes through the whole product, is refused, and is still there after a restart', async () => {
  const dataDir = await temporaryFolder()
  const file = join(dataDir, 'picture.png')
  await writeFile(file, Buffer.concat([Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), Buffer.alloc(5000)]))

  const first = npmStart(file, '--data', dataDir, '--exit')
  expect(await first.ended, first.printed()).toBe(3)
  expect(first.printed()).toMatch(/ {2}header {4}\d+\.\d s, .+ read\n/)
  expect(first.printed()).toContain('This is a picture, not a dump.')

  const second = npmStart(file, '--data', dataDir, '--no-open')
  await until(() => second.child.exitCode !== null || second.printed().includes('Ctrl-C'))
  expect(second.printed()).toContain('template  unchanged')
  expect(second.printed()).toContain('portal    unchanged')
  const page = new URL(/http:\/\/127\.0\.0\.1:\d+\/cases\/\w+/.exec(second.printed())![0])
  const { issuer } = SignIn.parse(await (await fetch(new URL('/api/sign-in', page))).json())
  const { machineSecret } = await identitySecretsOf(dataDir)
  const token = machineTokens({ issuer, clientId: 'machine-default-viewer', clientSecret: machineSecret })
  const { cases } = await apiClient(page.origin, token).get('/api/cases', CaseList)
  expect(cases.map(({ title }) => title)).toEqual(['picture.png', 'picture.png'])
  expect(await (await fetch(page)).text()).toContain('<div id="root">')

  second.child.kill('SIGINT')
  expect(await second.ended).toBe(0)
})
