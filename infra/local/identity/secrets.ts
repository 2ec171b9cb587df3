import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { exportJWK, generateKeyPair } from 'jose'
import { z } from 'zod'

const Secrets = z.object({
  /** What the provider signs tokens with. */
  signingKey: z.looseObject({ kty: z.string(), kid: z.string() }),
  cookieKey: z.string(),
  machineSecret: z.string(),
})
export type IdentitySecrets = z.infer<typeof Secrets>

/** The provider's secrets of a data folder, made when it is first started: a token stays valid over a restart. */
export const identitySecretsOf = async (dataDir: string): Promise<IdentitySecrets> => {
  const file = join(dataDir, 'identity.json')
  try {
    return Secrets.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const secret = (): string => randomBytes(30).toString('base64url')
  const signingKey = { ...(await exportJWK(privateKey)), kid: secret(), alg: 'RS256', use: 'sig' }
  const secrets = Secrets.parse({ signingKey, cookieKey: secret(), machineSecret: secret() })
  await writeFile(file, JSON.stringify(secrets), { mode: 0o600, flag: 'wx' })
  return secrets
}
