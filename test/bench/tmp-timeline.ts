import { join } from 'node:path'
import { launchBrowser } from '../e2e/browser.ts'
import { startUploadStack, writeLargeFile } from '../e2e/upload-stack.ts'
const stack = await startUploadStack((p) => console.error(p))
const browser = await launchBrowser()
const page = await browser.newPage()
page.setDefaultTimeout(600_000)
let zero = 0
const log: string[] = []
let quiet = true
const started = new Map<object, number>()
page.on('request', (r) => started.set(r, performance.now()))
page.on('requestfinished', (r) => {
  if (!quiet) log.push(`${((started.get(r)! - zero) | 0)}–${((performance.now() - zero) | 0)} ${r.method()} ${new URL(r.url()).pathname.slice(-30)}${r.url().includes('partNumber') ? ' part ' + new URL(r.url()).searchParams.get('partNumber') : ''}`)
})
for (const mib of [20, 64, 512]) {
  const file = join(stack.folder, `m${mib}.dmp`)
  await writeLargeFile(file, mib * 2 ** 20)
  await page.goto((await stack.openLink()).address)
  await page.locator('input[type=file]').first().setInputFiles(file)
  const button = page.getByRole('button', { name: /^Send / })
  await button.waitFor()
  log.length = 0
  quiet = false
  zero = performance.now()
  await button.click()
  await page.getByText('The dump has arrived').waitFor()
  console.log(`== ${mib} MiB ${(performance.now() - zero) | 0} ms\n${log.join('\n')}`)
  quiet = true
  const hash = await page.evaluate(`(async () => {
    const f = document.querySelector('input[type=file]')?.files?.[0]; if (!f) return 'no file'
    let r = 0, h = 0
    for (let at = 0; at < f.size; at += 8 * 2 ** 20) { let t = performance.now(); const b = await f.slice(at, at + 8 * 2 ** 20).arrayBuffer(); r += performance.now() - t; t = performance.now(); await crypto.subtle.digest('SHA-256', b); h += performance.now() - t }
    return 'read ' + (r | 0) + ' ms, hash ' + (h | 0) + ' ms'
  })()`)
  console.log(hash)
}
await browser.close()
await stack.stop()
