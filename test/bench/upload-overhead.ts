import { join } from 'node:path'
import { AbortMultipartUploadCommand, CreateMultipartUploadCommand, UploadPartCommand } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import type { Page } from 'playwright-core'
import { partLength, planParts } from '../../shared/cases/links/parts.ts'
import { launchBrowser } from '../e2e/browser.ts'
import { startUploadStack, writeLargeFile } from '../e2e/upload-stack.ts'

/**
 * `npm run bench:upload [MiB] [rounds] [Mbit/s ...]`: how much longer an upload takes, from the click to the dump's
 * arrival with all its hashing, signing and completing, than plain parallel PUTs of the same bytes, without checksums, to
 * the same S3 endpoint from the same browser over the same line, whose rate Chromium keeps. The two take turns; a ratio is
 * of the sums. Ends with status 1 where it is above 1.1 over the first of the lines.
 *
 * 0 stands for no line at all. Then browser, API and storage of this machine wait for nothing but the processors that they
 * share, and the plain PUTs keep all of these busy: one more reading and a SHA-256 at either end are more than a tenth of
 * that work, whoever does it.
 */
const [mebibytes = 1024, rounds = 2, ...rates] = process.argv.slice(2).map(Number)
const lines = rates.length > 0 ? rates : [500, 1000, 0]
const bytes = mebibytes * 2 ** 20
const parallel = 6
const mostRatio = 1.1

const stack = await startUploadStack((problem) => console.error(problem))
const browser = await launchBrowser()

/** Plain PUTs by the page itself, with as many at once as an upload has. */
const plainPuts = async (page: Page, file: string, size: number): Promise<number> => {
  const plan = planParts(size)
  const at = { Bucket: stack.bucket, Key: `bench/${Date.now()}` }
  const { UploadId } = await stack.s3.send(new CreateMultipartUploadCommand(at))
  const numbers = Array.from({ length: plan.parts }, (_, index) => index + 1)
  const urls = await Promise.all(
    numbers.map((PartNumber) => {
      const ContentLength = partLength(plan, PartNumber) ?? 0
      return getSignedUrl(stack.s3, new UploadPartCommand({ ...at, UploadId, PartNumber, ContentLength }))
    }),
  )
  await page.evaluate(`(() => {
    document.querySelector('#plain')?.remove()
    const input = Object.assign(document.createElement('input'), { type: 'file', id: 'plain' })
    document.body.append(input)
  })()`)
  await page.locator('#plain').setInputFiles(file)
  const milliseconds: number = await page.evaluate(`(async () => {
    const file = document.querySelector('#plain').files[0]
    const urls = ${JSON.stringify(urls)}
    let next = 0
    const put = (url, body) => new Promise((resolve, reject) => {
      const request = new XMLHttpRequest()
      request.open('PUT', url)
      request.onload = () => request.status === 200 ? resolve() : reject(new Error('status ' + request.status))
      request.onerror = () => reject(new Error('no answer'))
      request.send(body)
    })
    const worker = async () => {
      while (next < urls.length) {
        const index = next++
        await put(urls[index], file.slice(index * ${plan.partBytes}, (index + 1) * ${plan.partBytes}))
      }
    }
    const started = performance.now()
    await Promise.all(Array.from({ length: ${parallel} }, worker))
    return performance.now() - started
  })()`)
  await stack.s3.send(new AbortMultipartUploadCommand({ ...at, UploadId }))
  return milliseconds
}

/** By the page's own clock: a look from outside comes late, now and then by half a second. */
const upload = async (page: Page, file: string): Promise<number> => {
  const { address } = await stack.openLink()
  await page.goto(address)
  await page.locator('input[type=file]').first().setInputFiles(file)
  await page.getByRole('button', { name: /^Send / }).waitFor()
  return page.evaluate(`new Promise((resolve) => {
    const button = [...document.querySelectorAll('button')].find((each) => each.textContent.startsWith('Send '))
    let started
    new MutationObserver((_, observer) => {
      if (!document.body.textContent.includes('The dump has arrived')) return
      observer.disconnect()
      resolve(performance.now() - started)
    }).observe(document.body, { subtree: true, childList: true, characterData: true })
    started = performance.now()
    button.click()
  })`)
}

try {
  const page = await browser.newPage()
  page.setDefaultTimeout(30 * 60_000)
  const small = join(stack.folder, 'small.dmp')
  await writeLargeFile(small, 20 * 2 ** 20)
  await upload(page, small)
  const file = join(stack.folder, 'MEMORY.DMP')
  const network = await page.context().newCDPSession(page)
  const ratios: number[] = []
  for (const megabits of lines) {
    const name = megabits === 0 ? 'no line' : `${megabits} Mbit/s`
    const uploadThroughput = megabits === 0 ? -1 : (megabits * 1e6) / 8
    const line = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput }
    await network.send('Network.emulateNetworkConditions', line)
    const sums = { plain: 0, upload: 0 }
    for (let round = 1; round <= rounds; round++) {
      // Bytes of its own for each round: the same again would be another case's dump.
      const size = bytes - lines.indexOf(megabits) * rounds - round
      await writeLargeFile(file, size)
      const takes: Record<string, number> = {}
      for (const what of round % 2 === 0 ? (['plain', 'upload'] as const) : (['upload', 'plain'] as const)) {
        if (what === 'plain') await page.goto((await stack.openLink()).address)
        takes[what] = what === 'plain' ? await plainPuts(page, file, size) : await upload(page, file)
        sums[what] += takes[what]
      }
      const [plain, ours] = [takes.plain / 1000, takes.upload / 1000]
      console.log(`${name}, ${mebibytes} MiB: plain ${plain.toFixed(2)} s, upload ${ours.toFixed(2)} s`)
    }
    ratios.push(sums.upload / sums.plain)
    console.log(`${name}: ${(sums.upload / sums.plain).toFixed(3)} times as long`)
  }
  if (ratios[0] > mostRatio) process.exitCode = 1
} finally {
  await browser.close()
  await stack.stop()
}
