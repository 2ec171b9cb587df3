import { join } from 'node:path'
import { UploadPartCommand } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import type { BrowserContext, Page } from 'playwright-core'
import { planParts } from '../../shared/cases/links/parts.ts'
import type { SignedParts } from '../../shared/cases/links/upload-api.ts'
import { launchBrowser } from './browser.ts'
import { type Crossing, type DisturbedLine, disturbedLine } from './disturbed-line.ts'
import { sha256OfFile, startUploadStack, type UploadStack, writeLargeFile } from './upload-stack.ts'

export type LargeUpload = {
  readonly parts: number
  readonly fileSha256: string
  readonly storedSha256: string
  /** What crossed the line, in order. */
  readonly crossings: readonly Crossing[]
  /** Parts that were in storage when the tab died. */
  readonly beforeCrash: readonly number[]
  readonly corrupted: number
  readonly expired: number
  readonly milliseconds: number
}

type Options = {
  readonly bytes: number
  readonly offlineSeconds: number
  readonly log?: (sentence: string) => void
}

const patience = 30 * 60_000

/**
 * Uploads a file through a link in a real browser, over a line that does its worst: the tab dies at half, later a URL is
 * expired when its turn comes, a part is corrupted on its way, and the line is down for a while.
 */
const largeUpload = async ({ bytes, offlineSeconds, log = () => {} }: Options): Promise<LargeUpload> => {
  const problems: string[] = []
  const stack = await startUploadStack((problem) => problems.push(problem))
  const line = await disturbedLine()
  const browser = await launchBrowser(['--proxy-bypass-list=<-loopback>', `--proxy-server=${line.address}`])
  try {
    const file = join(stack.folder, 'MEMORY.DMP')
    await writeLargeFile(file, bytes)
    const fileSha256 = await sha256OfFile(file)
    const { parts } = planParts(bytes)
    const half = Math.floor(parts / 2)
    const { caseId, address } = await stack.openLink()
    const context = await browser.newContext()
    const started = performance.now()

    log('Sending the first half.')
    line.holdFrom = half + 1
    const first = await startSending(context, address, file)
    await until(() => arrived(line) >= half)
    await crash(context, first)
    // Else one of them, let through before its end is noticed, arrives without anybody having seen it cross.
    line.dropHeld()
    const beforeCrash = line.crossings.filter(({ status }) => status === 200).map(({ part }) => part)
    await first.close()

    log(`The tab died with ${beforeCrash.length} of ${parts} parts in storage. Opening the link again.`)
    const expired = half + 2
    const corrupted = half + 3
    line.corrupt = corrupted
    line.holdFrom = half + 5
    await expireOnce(context, stack, expired)
    const second = await context.newPage()
    second.setDefaultTimeout(patience)
    await second.goto(address)
    await second.getByText('An upload was not finished').waitFor()
    await choose(second, file)
    await until(() => [...Array(half + 4).keys()].every((index) => succeeded(line, index + 1)))

    log(`The line is down for ${offlineSeconds} seconds.`)
    await context.setOffline(true)
    line.holdFrom = Number.POSITIVE_INFINITY
    await second.getByText('There is no connection at the moment').waitFor()
    await new Promise((resolve) => setTimeout(resolve, offlineSeconds * 1000))
    await context.setOffline(false)
    await second.getByText('The dump has arrived').waitFor()
    const milliseconds = performance.now() - started
    log('The dump has arrived; reading it back.')
    const storedSha256 = await stack.storedSha256(caseId)
    return { parts, fileSha256, storedSha256, crossings: line.crossings, beforeCrash, corrupted, expired, milliseconds }
  } finally {
    await browser.close()
    await line.close()
    await stack.stop()
  }
}

const succeeded = (line: DisturbedLine, part: number): boolean =>
  line.crossings.some((crossing) => crossing.part === part && crossing.status === 200)

const arrived = (line: DisturbedLine): number =>
  new Set(line.crossings.filter(({ status }) => status === 200).map(({ part }) => part)).size

const until = async (condition: () => boolean): Promise<void> => {
  const deadline = Date.now() + patience
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('What the test waits for did not happen.')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const choose = async (page: Page, file: string): Promise<void> => {
  await page.locator('input[type=file]').setInputFiles(file)
  await page.getByRole('button', { name: /^Send / }).click()
}

const startSending = async (context: BrowserContext, address: string, file: string): Promise<Page> => {
  const page = await context.newPage()
  page.setDefaultTimeout(patience)
  await page.goto(address)
  await choose(page, file)
  return page
}

/** The tab's process ends without any chance to tidy up. */
const crash = async (context: BrowserContext, page: Page): Promise<void> => {
  const session = await context.newCDPSession(page)
  const crashed = page.waitForEvent('crash')
  void session.send('Page.crash').catch(() => undefined)
  await crashed
}

/** The first URL that the API signs for a part is swapped for one that is signed as well, and too old. */
const expireOnce = async (context: BrowserContext, { s3, bucket }: UploadStack, partNumber: number): Promise<void> => {
  let isDone = false
  await context.route('**/api/upload-links/*/uploads/*/parts', async (route) => {
    if (route.request().method() !== 'POST' || isDone) return route.continue()
    const response = await route.fetch()
    const signed = (await response.json()) as SignedParts
    const part = signed.parts.find((each) => each.partNumber === partNumber)
    if (part === undefined) return route.fulfill({ response })
    isDone = true
    const url = new URL(part.url)
    const name = 'x-amz-checksum-sha256'
    const command = new UploadPartCommand({
      Bucket: bucket,
      Key: decodeURIComponent(url.pathname.slice(`/${bucket}/`.length)),
      UploadId: url.searchParams.get('uploadId') ?? '',
      PartNumber: partNumber,
      ContentLength: part.bytes,
      ChecksumSHA256: part.headers[name],
    })
    const signingDate = new Date(Date.now() - 16 * 60_000)
    const old = await getSignedUrl(s3, command, { expiresIn: 900, signingDate, unhoistableHeaders: new Set([name]) })
    const parts = signed.parts.map((each) => (each === part ? { ...each, url: old } : each))
    return route.fulfill({ response, json: { ...signed, parts } })
  })
}

/** `npm run e2e:large-upload [MiB] [seconds off line]` */
if (import.meta.main) {
  const [mebibytes = 2048, offlineSeconds = 60] = process.argv.slice(2).map(Number)
  const run = await largeUpload({ bytes: mebibytes * 2 ** 20, offlineSeconds, log: console.log })
  const statuses = (part: number) =>
    run.crossings.filter((crossing) => crossing.part === part).map(({ status }) => status)
  const again = run.beforeCrash.filter((part) => statuses(part).length > 1)
  console.log(
    `${mebibytes} MiB in ${run.parts} parts, ${(run.milliseconds / 1000).toFixed(1)} s with all interruptions.`,
  )
  console.log(`In storage when the tab died: ${run.beforeCrash.length} parts; sent again of these: ${again.length}.`)
  console.log(`Part ${run.expired}, URL expired: ${statuses(run.expired).join(', ')}.`)
  console.log(`Part ${run.corrupted}, corrupted on its way: ${statuses(run.corrupted).join(', ')}.`)
  console.log(`SHA-256 of the file    ${run.fileSha256}\nSHA-256 of what S3 has ${run.storedSha256}`)
  const isRefusedOnce = (part: number): boolean => /^4\d\d,200$/.test(statuses(part).join())
  const isRight = run.fileSha256 === run.storedSha256 && again.length === 0
  if (!isRight || !isRefusedOnce(run.expired) || !isRefusedOnce(run.corrupted)) process.exitCode = 1
}
