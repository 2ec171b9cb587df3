import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cached, type Made } from './cached.ts'
import { contentHash } from './content-hash.ts'
import { runNode } from './run-node.ts'

/** The repository's root. */
export const root = join(import.meta.dirname, '..', '..', '..')

/**
 * The CDK app's cloud assembly. Runs the app as the CDK's command line would, without it and without credentials, and
 * without its offline validation, which takes longer than the rest and is CI's to run.
 */
export const synthesise = async (dataDir: string, signal: AbortSignal): Promise<Made> => {
  const inputs = ['cdk.json', 'package-lock.json', 'tsconfig.json', 'functions', 'infra/aws', 'shared']
  const hash = await contentHash(root, inputs, ['functions/portal', 'functions/cli'])
  const { context } = JSON.parse(await readFile(join(root, 'cdk.json'), 'utf8')) as { context?: object }
  return cached(join(dataDir, 'synth'), hash, (folder) =>
    runNode(['infra/aws/app.ts'], root, signal, {
      CDK_OUTDIR: folder,
      CDK_CONTEXT_JSON: JSON.stringify({ 'aws:cdk:bundling-stacks': ['**'], ...context }),
      CDK_VALIDATION: 'false',
    }),
  )
}

/** The portal's static build. */
export const buildPortal = async (dataDir: string, signal: AbortSignal): Promise<Made> => {
  const hash = await contentHash(root, ['package-lock.json', 'functions/portal', 'shared'])
  return cached(join(dataDir, 'portal'), hash, (folder) =>
    runNode(
      ['node_modules/vite/bin/vite.js', 'build', 'functions/portal', '--outDir', folder, '--logLevel', 'warn'],
      root,
      signal,
    ),
  )
}

const scenario = '2008-nonpaged-depletion'

/** The forged dump of the case of 2008, with its truth and its symbol map beside it. */
export const forgeDump = async (dataDir: string, signal: AbortSignal): Promise<Made & { file: string }> => {
  const hash = await contentHash(root, ['functions/cli', 'test/forge'])
  const made = await cached(join(dataDir, 'forged'), hash, (folder) =>
    runNode(['functions/cli/dumpline.ts', 'forge', scenario, join(folder, `${scenario}.dmp`)], root, signal),
  )
  return { ...made, file: join(made.folder, `${scenario}.dmp`) }
}
