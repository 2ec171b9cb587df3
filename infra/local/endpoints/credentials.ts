import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

const Credentials = z.object({ accessKeyId: z.string(), secretAccessKey: z.string() })
export type Credentials = z.infer<typeof Credentials>

/**
 * The one key pair of a data folder, made when the folder is: a fixed one would let any web page the person visits sign
 * requests to the endpoints. Kept, so that presigned URLs stay valid over a restart.
 */
export const credentialsOf = async (dataDir: string): Promise<Credentials> => {
  const file = join(dataDir, 'credentials.json')
  try {
    return Credentials.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const credentials = { accessKeyId: 'DUMPLINELOCAL', secretAccessKey: randomBytes(30).toString('base64url') }
  await writeFile(file, JSON.stringify(credentials), { mode: 0o600, flag: 'wx' })
  return credentials
}
