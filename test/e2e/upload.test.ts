import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { noChromium } from './browser.ts'
import type { FakeUpload } from './fake-storage.ts'
import { caseDetail } from './fixtures/case-details.ts'
import { gate, portalUnderTest, sidewaysScroll } from './portal-under-test.ts'
import { Refuse } from './refuse.ts'

/** Bytes that differ from part to part, behind a kernel dump's signature. */
const dumpFile = (bytes: number, name = 'MEMORY.DMP') => {
  const buffer = Buffer.alloc(bytes)
  for (let at = 0; at + 4 <= bytes; at += 4) buffer.writeUInt32LE((at * 2_654_435_761) >>> 0, at)
  buffer.write('PAGEDUMP', 0, 'latin1')
  return { name, mimeType: 'application/octet-stream', buffer }
}

const storedBytes = (upload: FakeUpload): Buffer =>
  Buffer.concat([...upload.parts].sort(([a], [b]) => a - b).map(([, { body }]) => body))

describe.skipIf(noChromium)('uploading', () => {
  const portal = portalUnderTest()
  const { open, putCase } = portal
  const onlyUpload = (): FakeUpload => [...portal.fake.uploads.values()][0]!
  // On disk: a buffer would go to the browser as text.
  const file = { buffer: dumpFile(12 * 2 ** 20).buffer, path: '' }
  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'dumpline-upload-'))
    file.path = join(folder, 'MEMORY.DMP')
    await writeFile(file.path, file.buffer)
  })
  afterAll(() => rm(dirname(file.path), { recursive: true, force: true }))

  test('a customer on a phone reads which file is wanted, where it is and until when', async () => {
    const token = 't'.repeat(43)
    const link = { company: 'Contoso Support', dumpsLeft: 1, bytesLeft: 2 ** 40, expiresAt: '2099-01-01T12:00:00.000Z' }
    portal.fake.uploadLinks.set(token, link)
    const page = await open(`/upload/${token}`, {
      as: null,
      viewport: { width: 390, height: 780 },
      timezoneId: 'Europe/London',
      permissions: ['clipboard-read', 'clipboard-write'],
    })
    await page.getByText('the file that Windows writes when it crashes').waitFor()
    const picker = await page.getByText('C:\\Windows\\MEMORY.DMP').first().boundingBox()
    expect(picker!.y).toBeLessThan(700)
    await page.getByText('This link is open until 1 January 2099 at 12:00 GMT, for one dump').waitFor()
    await page.getByRole('button', { name: 'Copy its address' }).click()
    await page.getByText('Copied').waitFor()
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(`${portal.fake.origin}/upload/${token}`)
    await page.getByText('From a server without a browser').click()
    expect(await sidewaysScroll(page)).toBe(0)
  })

  test('sends a dump in parts, shows how far it is, sends a failed part again, and ends on the case page', async () => {
    const third = gate()
    portal.fake.beforePart = async (part, attempt) => {
      if (part === 2 && attempt === 1) throw new Refuse(503, 'Slow down.')
      if (part === 3) await third.passed
    }
    const page = await open('/upload', { expected: /status of 503/ })
    await page.locator('input[type=file]').setInputFiles(file.path)
    const title = page.getByLabel('Case title')
    expect(await title.inputValue()).toBe('MEMORY.DMP')
    await title.fill('SRV-DB-04, ticket 48213')
    await page.getByRole('button', { name: 'Upload 12.0 MiB' }).click()

    await page.getByText('Parts sent again').waitFor()
    const bar = page.getByRole('progressbar', { name: 'Bytes sent' })
    await expect.poll(() => bar.getAttribute('aria-valuenow').then(Number)).toBeGreaterThan(40)
    expect(await page.title()).toBe('Uploading · dumpline')
    expect(onlyUpload().state).toBe('open')
    third.open()

    await page.getByRole('heading', { name: 'SRV-DB-04, ticket 48213' }).waitFor()
    await page.getByText('The dump has arrived').waitFor()
    expect(onlyUpload().state).toBe('completed')
    expect(storedBytes(onlyUpload()).equals(file.buffer)).toBe(true)
    expect(onlyUpload().signed.get(1)).toBe(1)
    expect(onlyUpload().signed.get(2)).toBe(2)
    expect(new URL(page.url()).pathname).toBe(`/cases/${onlyUpload().caseId}`)
  })

  test('asks again by itself after a passing failure, also for the completion', async () => {
    let refusals = 1
    portal.fake.beforeApi = (_, path) => {
      if (path.endsWith('/complete') && refusals-- > 0) throw new Refuse(500, 'Something broke.')
    }
    const page = await open('/upload', { expected: /status of 500/ })
    await page.locator('input[type=file]').setInputFiles(file.path)
    await page.getByRole('button', { name: 'Upload 12.0 MiB' }).click()
    await page.getByText('The dump has arrived').waitFor()
    expect([...onlyUpload().signed.values()]).toEqual([1, 1, 1])
  })

  test('goes on after a failure without sending anything twice', async () => {
    let refusals = 1
    portal.fake.beforeApi = (_, path) => {
      if (path.endsWith('/complete') && refusals-- > 0) throw new Refuse(409, 'Storage has other parts than these.')
    }
    const page = await open('/upload', { expected: /status of 409/ })
    await page.locator('input[type=file]').setInputFiles(file.path)
    await page.getByRole('button', { name: 'Upload 12.0 MiB' }).click()
    await page.getByText('Storage has other parts than these.').waitFor()
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByText('The dump has arrived').waitFor()
    expect(portal.fake.cases.size).toBe(1)
    expect(portal.fake.uploads.size).toBe(1)
    expect([...onlyUpload().signed.values()]).toEqual([1, 1, 1])
  })

  test('an empty file goes up as it is, with a warning', async () => {
    const page = await open('/upload')
    await page.locator('input[type=file]').setInputFiles({ name: 'empty.dmp', mimeType: '', buffer: Buffer.alloc(0) })
    await page.getByText('This file is empty.').waitFor()
    await page.getByRole('button', { name: 'Upload 0 bytes' }).click()
    await page.getByText('The dump has arrived').waitFor()
    expect(storedBytes(onlyUpload())).toHaveLength(0)
  })

  test('warns of a picture at once and lets it pass', async () => {
    const page = await open('/upload')
    const buffer = Buffer.from('\x89PNG\r\n\x1a\n and so on', 'latin1')
    await page.locator('input[type=file]').setInputFiles({ name: 'bsod.png', mimeType: 'image/png', buffer })
    await page.getByText('This looks like a PNG picture.').waitFor()
    expect(await page.getByRole('button', { name: /^Upload/ }).isEnabled()).toBe(true)
    await page.locator('input[type=file]').setInputFiles(file.path)
    await expect.poll(() => page.getByText('This looks like').count()).toBe(0)
  })

  test('takes a file dropped onto the page', async () => {
    const page = await open('/upload')
    const dropped = await page.evaluateHandle(
      `(() => { const data = new DataTransfer(); data.items.add(new File(['PAGEDUMP'], 'dropped.dmp')); return data })()`,
    )
    await page.getByRole('heading', { name: 'New case' }).dispatchEvent('drop', { dataTransfer: dropped })
    await page.getByRole('button', { name: 'Upload 8 bytes' }).waitFor()
    expect(await page.getByLabel('Case title').inputValue()).toBe('dropped.dmp')
  })

  test('cancelling gives the parts up and keeps the case for another try', async () => {
    const never = gate()
    portal.fake.beforePart = () => never.passed
    const page = await open('/upload')
    await page.locator('input[type=file]').setInputFiles(file.path)
    await page.getByRole('button', { name: 'Upload 12.0 MiB' }).click()
    await page.getByRole('progressbar').waitFor()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByText('The upload was cancelled').waitFor()
    await expect.poll(() => onlyUpload().state).toBe('aborted')

    portal.fake.beforePart = () => undefined
    await page.getByRole('button', { name: 'Upload 12.0 MiB' }).click()
    await page.getByText('The dump has arrived').waitFor()
    expect(portal.fake.cases.size).toBe(1)
    never.open()
  })

  test('pauses, and goes on from what has arrived', async () => {
    const third = gate()
    portal.fake.beforePart = async (part, attempt) => {
      if (part === 3 && attempt === 1) await third.passed
    }
    const page = await open('/upload')
    await page.locator('input[type=file]').setInputFiles(file.path)
    await page.getByRole('button', { name: 'Upload 12.0 MiB' }).click()
    await expect.poll(() => onlyUpload()?.parts.size).toBe(2)
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByText('What has arrived is kept').waitFor()
    third.open()
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByText('The dump has arrived').waitFor()
    expect(storedBytes(onlyUpload()).equals(file.buffer)).toBe(true)
    expect([...onlyUpload().signed.values()]).toEqual([1, 1, 2])
  })

  test('asks before a click interrupts a running upload', async () => {
    const held = gate()
    portal.fake.beforePart = () => held.passed
    const page = await open('/upload')
    await page.locator('input[type=file]').setInputFiles(file.path)
    await page.getByRole('button', { name: 'Upload 12.0 MiB' }).click()
    await page.getByRole('progressbar').waitFor()
    await page.getByRole('link', { name: 'Cases' }).click()
    await page.getByRole('dialog', { name: 'Interrupt the upload?' }).waitFor()
    await page.getByRole('button', { name: 'Keep uploading' }).last().click()
    expect(onlyUpload().state).toBe('open')

    await page.getByRole('link', { name: 'Cases' }).click()
    await page.getByRole('button', { name: 'Leave, and go on later' }).click()
    await page.getByRole('heading', { name: 'Cases' }).waitFor()
    expect(onlyUpload().state).toBe('open')
    held.open()
    await page.goto(`${portal.fake.origin}/upload?case=${onlyUpload().caseId}`)
    await page.getByText('An upload was not finished').waitFor()
  })

  test('adds a dump to a case there is', async () => {
    const detail = caseDetail({ caseId: 'known', title: 'Known server' })
    putCase({ ...detail, dumps: [] })
    const page = await open('/cases/known')
    await page.getByText('This case has no dump yet.').waitFor()
    await page.getByRole('link', { name: 'Upload a dump' }).click()
    await page.getByRole('heading', { name: 'Add a dump' }).waitFor()
    await page.locator('input[type=file]').setInputFiles(dumpFile(4096))
    await page.getByRole('button', { name: 'Upload 4.00 KiB' }).click()
    await page.getByRole('heading', { name: 'Known server' }).waitFor()
    expect(onlyUpload().caseId).toBe('known')
  })

  test('fits a phone', async () => {
    const page = await open('/upload', { viewport: { width: 420, height: 900 } })
    await page.locator('input[type=file]').setInputFiles(dumpFile(4096, `${'long-name-'.repeat(20)}.dmp`))
    await page.getByRole('button', { name: 'Upload 4.00 KiB' }).waitFor()
    expect(await sidewaysScroll(page)).toBe(0)
  })
})
