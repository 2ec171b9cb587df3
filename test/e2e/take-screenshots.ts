import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { machineTokens } from '../../infra/local/identity/machine.ts'
import { apiClient } from '../../infra/local/job/api-client.ts'
import { watchCase } from '../../infra/local/job/watch-case.ts'
import { startLocalStack } from '../../infra/local/stack.ts'
import { readAssembly } from '../../infra/local/template/assembly.ts'
import { uploadDump } from '../../infra/local/upload.ts'
import type { CreateCase } from '../../shared/cases/api.ts'
import { CreatedUploadLink } from '../../shared/cases/links/upload-api.ts'
import { CaseRecord } from '../../shared/cases/records.ts'
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

/** What a support desk writes on a case. */
const contoso = { customer: 'Contoso', labels: ['production'], assignee: 'emma' }

const openCase = async (details: CreateCase): Promise<string> =>
  (await api.post('/api/cases', details, CaseRecord)).caseId

/** Uploads a file into a case and waits for its verdict. */
const solve = async (file: string, caseId: string): Promise<string> => {
  const { dump } = await uploadDump(api, file, () => {}, caseId)
  const { signal } = new AbortController()
  await watchCase({ api, caseId, dumpId: dump.dumpId, onStage: () => {}, stuck: () => null, signal })
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
  const caseId = await openCase({ title: 'SRV-APP-11 slows down over the week', host: 'SRV-APP-11', ...contoso })
  for (const [day, hours, blocks] of days) {
    const file = join(folder, `SRV-APP-11-${day}.dmp`)
    await writeFile(file, Buffer.concat(build(later(scenarioNamed('tiny-x64'), hours, blocks)).pieces))
    await solve(file, caseId)
  }
  return caseId
}

try {
  const picture = join(folder, 'screenshot.png')
  await writeFile(picture, Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'))
  await solve(picture, await openCase({ title: 'Blue screen at the till', customer: 'Fabrikam', host: 'TILL-07' }))
  const web = await openCase({ title: 'SRV-WEB-02 after the update', customer: 'Fabrikam', host: 'SRV-WEB-02' })
  await solve(await forged('healthy', 'SRV-WEB-02.dmp'), web)
  await openCase({ title: 'SRV-FS-01 hangs at night', host: 'SRV-FS-01', ...contoso })
  const grown = await growing()
  const title = 'SRV-DB-04 stops answering every three weeks'
  const tickets = [{ url: 'https://tickets.example/INC-48213', name: 'INC-48213' }]
  const solved = await openCase({ title, host: 'SRV-DB-04', tickets, ...contoso })
  await solve(await forged('2008-nonpaged-depletion', 'SRV-DB-04.dmp'), solved)
  const link = { company: 'Northwind Support', maxDumps: 3 }
  const { token } = await api.post(`/api/cases/${solved}/upload-links`, link, CreatedUploadLink)

  const pictures = join(import.meta.dirname, 'screenshots')
  await mkdir(pictures, { recursive: true })
  const page = await browser.newPage()
  await page.goto(`${stack.origins.http}/cases/${solved}`)
  await signIn(page)
  const take = async (name: string, path: string, ready: string, width: number, height: number): Promise<void> => {
    await page.setViewportSize({ width, height })
    await page.goto(`${stack.origins.http}${path}`)
    await page.getByText(ready).first().waitFor()
    // A part that comes by itself, such as the plot, says until then that it is loading.
    await page
      .getByText(/^Loading /)
      .first()
      .waitFor({ state: 'detached' })
    await page.evaluate('document.fonts.ready')
    await page.screenshot({ path: join(pictures, `${name}.png`) })
  }
  await take('solved-case', `/cases/${solved}`, 'Culprit found', 1280, 1180)
  await take('comparison', `/cases/${grown}/compare`, 'One tag grows', 1280, 1180)
  await take('cases', '/', 'Culprit found', 1280, 720)
  await take('upload-link', `/upload/${token}`, 'Send a memory dump', 1000, 720)
} finally {
  await browser.close()
  await stack.stop()
  await rm(folder, { recursive: true, force: true })
}
