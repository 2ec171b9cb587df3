import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

const Manifest = z.looseObject({
  artifacts: z.record(
    z.string(),
    z.looseObject({ type: z.string(), properties: z.looseObject({ templateFile: z.string().optional() }).optional() }),
  ),
})

const Assets = z.looseObject({
  files: z
    .record(
      z.string(),
      z.looseObject({
        source: z.looseObject({ path: z.string(), packaging: z.string() }),
        destinations: z.record(z.string(), z.looseObject({ objectKey: z.string() })),
      }),
    )
    .default({}),
})

/** A synthesised app: its one template, and the folder on disk behind each key of the asset bucket. */
export type Assembly = { readonly template: unknown; readonly assets: Readonly<Record<string, string>> }

/** Reads what `cdk synth` leaves in a folder. Throws when that is not exactly one stack. */
export const readAssembly = async (folder: string): Promise<Assembly> => {
  const json = async (name: string): Promise<unknown> => JSON.parse(await readFile(join(folder, name), 'utf8'))
  const { artifacts } = Manifest.parse(await json('manifest.json'))
  const stacks = Object.entries(artifacts).filter(([, { type }]) => type === 'aws:cloudformation:stack')
  if (stacks.length !== 1) throw new Error(`The CDK app has ${stacks.length} stacks, and the local stack runs one.`)
  const [[name, { properties }]] = stacks
  const { files } = Assets.parse(await json(`${name}.assets.json`))
  const assets = Object.values(files)
    .filter(({ source }) => source.packaging === 'zip')
    .flatMap(({ source, destinations }) =>
      Object.values(destinations).map(({ objectKey }) => [objectKey, join(folder, source.path)] as const),
    )
  return {
    template: await json(properties?.templateFile ?? `${name}.template.json`),
    assets: Object.fromEntries(assets),
  }
}
