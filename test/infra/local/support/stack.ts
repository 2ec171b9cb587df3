import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type LocalStack, type StackOptions, startLocalStack } from '../../../../infra/local/stack.ts'

/** A folder that is removed when the test that made it ends. */
export const temporaryFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'dumpline-local-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** A stack on free ports that ends with the test. */
export const startStack = async (
  resources: Record<string, unknown>,
  options: Partial<StackOptions> = {},
): Promise<LocalStack> => {
  const dataDir = options.dataDir ?? (await temporaryFolder())
  const stack = await startLocalStack({
    template: { Resources: resources },
    assets: { 'tiny.zip': join(import.meta.dirname, '../handlers') },
    portalDir: join(dataDir, 'no-portal'),
    port: 0,
    ...options,
    dataDir,
  })
  onTestFinished(stack.stop)
  return stack
}

/** A function of `handlers/tiny.mjs`. */
export const tinyFunction = (name: string, properties: Record<string, unknown> = {}) => ({
  Type: 'AWS::Lambda::Function',
  Properties: {
    Handler: name.includes('.') ? name : `tiny.${name}`,
    Runtime: 'nodejs24.x',
    Code: { S3Bucket: 'assets', S3Key: 'tiny.zip' },
    MemorySize: 256,
    Timeout: 10,
    ...properties,
  },
})

/** Waits until a condition holds that something else brings about; the test's own timeout bounds it. */
export const until = async (condition: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20))
}
