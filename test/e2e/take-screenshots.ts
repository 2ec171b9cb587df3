import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { machineTokens } from '../../infra/local/identity/machine.ts'
import { apiClient } from '../../infra/local/job/api-client.ts'
import { watchCase } from '../../infra/local/job/watch-case.ts'
import { startLocalStack } from '../../infra/local/stack.ts'
import { readAssembly } from '../../infra/local/template/assembly.ts'
import { uploadDump } from '../../infra/local/upload.ts'
import { build, forge, scenarioNamed } from '../forge/forge.ts'
import { later } from '../forge/later.ts'
import { madeAssembly, madePortal } from '../made.ts'
import { launchBrowser } from './browser.ts'
import { signIn } from './sign-in.ts'

/** `npm run screenshots`: the pictures of the README, taken of the real product with the case of 2008 and others in it. */
const folder = await mkdtemp(join(tmpdir(), 'dumpline-screenshots-'))
const [assembly, portal] = await Promise.all([madeAssembly(), madePortal()])
const stack = await startLocalStack({
  ...(await readAssembly(assembly)),
  dataDir: join(folder, 'data'),
  portalDir: portal,
  port: 0,
  onProblem: (sentence) => console.error(sentence),
})
const browser = await launchBrowser()
const api = apiClient(stack.origins.http, machineTokens(stack.machine('engineer')))

/** Uploads a file, into a case where one is named, and waits for its verdict. */
const solve = async (file: string, into?: string): Promise<string> => {
  const { caseId, dump } = await uploadDump(api, file, () => {}, into)
  await watchCase({
    api,
    caseId,
    dumpId: dump.dumpId,
    onStage: () => {},
    stuck: () => null,
    signal: new AbortController().signal,
  })
  return caseId
}

const forged = async (scenario: string, name: string): Promise<string> => {
  await forge(scenario, join(folder, name))
  return join(folder, name)
}

/** One server on four days of a week, its untagged blocks ever more. */
const growing = async (): Promise<string> => {
  const days: [day: string, hours: number, blocks: number][] = [
    ['monday', 0, 611],
    ['tuesday', 24, 742],
    ['thursday', 72, 1050],
    ['sunday', 144, 1490],
  ]
  let caseId: string | undefined
  for (const [day, hours, blocks] of days) {
    const file = join(folder, `SRV-APP-11-${day}.dmp`)
    await writeFile(file, Buffer.concat(build(later(scenarioNamed('tiny-x64'), hours, blocks)).pieces))
    caseId = await solve(file, caseId)
  }
  return caseId as string
}

try {
  const picture = join(folder, 'screenshot.png')
  await writeFile(picture, Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'))
  await solve(picture)
  await solve(await forged('healthy', 'SRV-WEB-02.dmp'))
  const grown = await growing()
  const solved = await solve(await forged('2008-nonpaged-depletion', 'SRV-DB-04.dmp'))

  const pictures = join(import.meta.dirname, 'screenshots')
  await mkdir(pictures, { recursive: true })
  const page = await browser.newPage({ viewport: { width: 1280, height: 1180 } })
  await page.goto(`${stack.origins.http}/cases/${solved}`)
  await signIn(page)
  const take = async (name: string, path: string, ready: string, height: number): Promise<void> => {
    await page.setViewportSize({ width: 1280, height })
    await page.goto(`${stack.origins.http}${path}`)
    await page.getByText(ready).first().waitFor()
    await page.evaluate('document.fonts.ready')
    await page.screenshot({ path: join(pictures, `${name}.png`) })
  }
  await take('solved-case', `/cases/${solved}`, 'Culprit found', 1180)
  await take('comparison', `/cases/${grown}/compare`, 'One tag grows', 1180)
  await take('cases', '/', 'Culprit found', 620)
} finally {
  await browser.close()
  await stack.stop()
  await rm(folder, { recursive: true, force: true })
}
