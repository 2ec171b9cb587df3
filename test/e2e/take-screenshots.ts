import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { machineTokens } from '../../infra/local/identity/machine.ts'
import { apiClient } from '../../infra/local/job/api-client.ts'
import { buildPortal, synthesise } from '../../infra/local/job/prepare.ts'
import { watchCase } from '../../infra/local/job/watch-case.ts'
import { startLocalStack } from '../../infra/local/stack.ts'
import { readAssembly } from '../../infra/local/template/assembly.ts'
import { uploadDump } from '../../infra/local/upload.ts'
import { forge } from '../forge/forge.ts'
import { launchBrowser } from './browser.ts'
import { signIn } from './sign-in.ts'

/** `npm run screenshots`: the pictures of the README, taken of the real product with the case of 2008 in it. */
const folder = await mkdtemp(join(tmpdir(), 'dumpline-screenshots-'))
const { signal } = new AbortController()
const dump = join(folder, 'MEMORY.DMP')
await forge('2008-nonpaged-depletion', dump)
const [assembly, portal] = await Promise.all([synthesise(folder, signal), buildPortal(folder, signal)])
const stack = await startLocalStack({
  ...(await readAssembly(assembly.folder)),
  dataDir: join(folder, 'data'),
  portalDir: portal.folder,
  port: 0,
  onProblem: (sentence) => console.error(sentence),
})
const browser = await launchBrowser()
try {
  const api = apiClient(stack.origins.http, machineTokens(stack.machine('engineer')))
  const { caseId, dump: uploaded } = await uploadDump(api, dump)
  await watchCase({ api, caseId, dumpId: uploaded.dumpId, onStage: () => {}, stuck: () => null, signal })
  const page = await browser.newPage({ viewport: { width: 1280, height: 1180 } })
  await page.goto(`${stack.origins.http}/cases/${caseId}`)
  await signIn(page)
  await page.getByText('Culprit found').waitFor()
  await page.evaluate('document.fonts.ready')
  const pictures = join(import.meta.dirname, 'screenshots')
  await mkdir(pictures, { recursive: true })
  await page.screenshot({ path: join(pictures, 'solved-case.png') })
} finally {
  await browser.close()
  await stack.stop()
  await rm(folder, { recursive: true, force: true })
}
