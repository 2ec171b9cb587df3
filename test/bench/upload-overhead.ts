import { join } from 'node:path'
import { AbortMultipartUploadCommand, CreateMultipartUploadCommand, UploadPartCommand } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import type { Page } from 'playwright-core'
import { partLength, planParts } from '../../shared/cases/links/parts.ts'
import { launchBrowser } from '../e2e/browser.ts'
import { startUploadStack, writeLargeFile } from '../e2e/upload-stack.ts'

/**
 * `npm run bench:upload [MiB] [rounds]`: how much longer an upload takes, from the click to the dump's arrival with all
 * its hashing, signing and completing, than plain parallel PUTs of the same bytes, without checksums, to the same S3
 * endpoint from the same browser. The two take turns; the ratio is of the sums. Ends with status 1 above 1.1.
 */
const [mebibytes = 512, rounds = 4] = process.argv.slice(2).map(Number)
const bytes = mebibytes * 2 ** 20
const parallel = 4
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

const upload = async (page: Page, file: string): Promise<number> => {
  const { address } = await stack.openLink()
  await page.goto(address)
  await page.locator('input[type=file]').first().setInputFiles(file)
  const button = page.getByRole('button', { name: /^Send / })
  await button.waitFor()
  const started = performance.now()
  await button.click()
  await page.getByText('The dump has arrived').waitFor()
  return performance.now() - started
}

try {
  const page = await browser.newPage()
  page.setDefaultTimeout(30 * 60_000)
  const small = join(stack.folder, 'small.dmp')
  await writeLargeFile(small, 20 * 2 ** 20)
  await upload(page, small)
  const file = join(stack.folder, 'MEMORY.DMP')
  const sums = { plain: 0, upload: 0 }
  for (let round = 1; round <= rounds; round++) {
    // Bytes of its own for each round: the same again would be another case's dump.
    await writeLargeFile(file, bytes - round)
    const takes: Record<string, number> = {}
    for (const what of round % 2 === 0 ? (['plain', 'upload'] as const) : (['upload', 'plain'] as const)) {
      if (what === 'plain') await page.goto((await stack.openLink()).address)
      takes[what] = what === 'plain' ? await plainPuts(page, file, bytes - round) : await upload(page, file)
      sums[what] += takes[what]
    }
    const [plain, ours] = [takes.plain / 1000, takes.upload / 1000]
    console.log(
      `${mebibytes} MiB: plain ${plain.toFixed(2)} s, upload ${ours.toFixed(2)} s, ratio ${(ours / plain).toFixed(3)}`,
    )
  }
  const ratio = sums.upload / sums.plain
  console.log(`ratio of the sums ${ratio.toFixed(3)}, at most ${mostRatio}`)
  if (ratio > mostRatio) process.exitCode = 1
} finally {
  await browser.close()
  await stack.stop()
}
