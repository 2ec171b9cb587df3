import { describe, expect, test } from 'vitest'
import { noChromium } from './browser.ts'
import { largeUpload } from './large-upload.ts'

/** The short form of `npm run e2e:large-upload`. */
describe.skipIf(noChromium)('an upload over a bad line', () => {
  test('goes on after the tab died, a URL expired, a part was corrupted and the line was down', async () => {
    const run = await largeUpload({ bytes: 97 * 2 ** 20 + 12_345, offlineSeconds: 3 })
    const statuses = (part: number) =>
      run.crossings.filter((crossing) => crossing.part === part).map(({ status }) => status)
    expect(run.storedSha256).toBe(run.fileSha256)
    expect(run.beforeCrash.length).toBeGreaterThanOrEqual(Math.floor(run.parts / 2))
    for (const part of run.beforeCrash) expect([part, statuses(part)]).toEqual([part, [200]])
    expect(statuses(run.expired)).toEqual([403, 200])
    expect(statuses(run.corrupted)).toEqual([400, 200])
  }, 300_000)
})
