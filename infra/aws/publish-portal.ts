import { readdir, readFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { build } from 'vite'
import { cacheControlOf, contentTypeOf } from '../portal-headers.ts'

/**
 * `npx node infra/aws/publish-portal.ts BUCKET`: builds the portal and puts it where the stack's output `PortalBucket` says.
 * The page itself goes last, so that nobody gets one whose scripts are not there yet; earlier scripts stay, for those
 * who have the earlier page open.
 */
const [bucket] = process.argv.slice(2)
if (bucket === undefined) {
  process.stderr.write(
    'Say which bucket: npx node infra/aws/publish-portal.ts BUCKET (the output PortalBucket of the stack).\n',
  )
  process.exit(2)
}
const portal = join(import.meta.dirname, '..', '..', 'functions', 'portal')
await build({ configFile: join(portal, 'vite.config.ts'), logLevel: 'error' })

const folder = join(portal, 'dist')
const entries = await readdir(folder, { recursive: true, withFileTypes: true })
const paths = entries
  .filter((entry) => entry.isFile())
  .map((entry) => `/${relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/')}`)
  .sort((a, b) => Number(a === '/index.html') - Number(b === '/index.html'))

const s3 = new S3Client({})
for (const path of paths)
  await s3.send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: path.slice(1),
      Body: await readFile(join(folder, path)),
      ContentType: contentTypeOf(path),
      CacheControl: cacheControlOf(path),
    }),
  )
process.stdout.write(`${paths.length} files are in ${bucket}.\n`)
