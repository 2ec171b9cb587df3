import { parseArgs } from 'node:util'
import { BatchActionName } from '../../../shared/cases/batches/reprocessing-api.ts'

export type ReprocessCommand = {
  readonly command: 'reprocess'
  readonly url: string | undefined
  readonly token: string | undefined
  readonly json: boolean
  /** Follow the batch until it has nothing more to do by itself. */
  readonly wait: boolean
} & (
  | { readonly verb: 'list' }
  /** `body`: a `CreateBatch`, unless the API says what of it is not valid. */
  | { readonly verb: 'plan'; readonly body: unknown }
  /** Actions are called as the API calls them. */
  | { readonly verb: Exclude<(typeof verbs)[number], 'list' | 'plan'>; readonly batchId: string }
)

const verbs = ['list', 'plan', 'show', 'differences', 'export', ...BatchActionName.options] as const

export const reprocessUsage = `  dumpline reprocess plan NAME [choice] [settings] | list | show ID | differences ID | export ID
  dumpline reprocess dry-run ID | start ID | pause ID | resume ID | cancel ID | publish ID | move-back ID
      Old cases done again in batches, over the HTTP API.
      choice            --case ID, --verdict V, --status S, --label L, --architecture A (each as often as you like),
                        --driver D, --tag T, --signature S, --from DAY, --to DAY, --engine-older-than VERSION,
                        --build-from N, --build-to N, --exclude JSON (a query)
      settings          --per-minute N, --concurrency N, --budget DOLLARS, --most-failing SHARE,
                        --begin-at STAGE, --publish at-once|after-review, --sample N
      --wait            follow it until it has nothing more to do by itself
      --json            what the API answers; export writes CSV without it
      --url URL, --token TOKEN    where the API is and who asks; otherwise DUMPLINE_URL and DUMPLINE_TOKEN
`

const text = { type: 'string' } as const
const texts = { type: 'string', multiple: true } as const
const flag = { type: 'boolean', default: false } as const

const options = {
  url: text,
  token: text,
  json: flag,
  wait: flag,
  case: texts,
  verdict: texts,
  status: texts,
  architecture: texts,
  label: texts,
  driver: text,
  tag: text,
  signature: text,
  from: text,
  to: text,
  'engine-older-than': text,
  'build-from': text,
  'build-to': text,
  exclude: text,
  'per-minute': text,
  concurrency: text,
  budget: text,
  'most-failing': text,
  'begin-at': text,
  publish: text,
  sample: text,
} as const

/** What the arguments ask for, or a sentence what is wrong with them. Throws parseArgs' own errors. */
export const parseReprocess = (args: string[]): ReprocessCommand | string => {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options })
  const { url, token, json, wait } = values
  const common = { command: 'reprocess', url, token, json, wait } as const
  const [given, name, ...more] = positionals
  const verb = verbs.find((known) => known === given)
  if (verb === undefined) return `"dumpline reprocess" takes one of ${verbs.join(', ')}.`
  if (verb === 'list') return name === undefined ? { ...common, verb } : '"dumpline reprocess list" takes nothing more.'
  if (name === undefined || more.length > 0)
    return `"dumpline reprocess ${verb}" takes the ${verb === 'plan' ? 'name' : 'id'} of a batch.`
  if (verb !== 'plan') return { ...common, verb, batchId: name }
  const exclude = values.exclude === undefined ? null : jsonOf(values.exclude)
  if (exclude === undefined) return '--exclude takes a query as JSON, such as {"verdict":["healthy"]}.'
  return { ...common, verb, body: { name, ...planOf(values), exclude } }
}

/** What to choose and at what pace. What of it is not valid the API says, field by field. */
const planOf = (values: ReturnType<typeof parseArgs<{ options: typeof options }>>['values']) => ({
  query: {
    caseIds: values.case,
    verdict: values.verdict,
    status: values.status,
    architecture: values.architecture,
    labels: values.label,
    driver: values.driver,
    tag: values.tag,
    signature: values.signature,
    from: values.from,
    to: values.to,
    engineOlderThan: values['engine-older-than'],
    buildFrom: numberOf(values['build-from']),
    buildTo: numberOf(values['build-to']),
  },
  settings: {
    perMinute: numberOf(values['per-minute']),
    concurrency: numberOf(values.concurrency),
    budgetDollars: numberOf(values.budget),
    mostFailing: numberOf(values['most-failing']),
    beginAt: values['begin-at'],
    publish: values.publish,
    sample: numberOf(values.sample),
  },
})

const numberOf = (value: string | undefined): number | undefined => (value === undefined ? undefined : Number(value))

const jsonOf = (value: string): unknown => {
  try {
    return JSON.parse(value)
  } catch {
    // The caller says how it should look.
    return undefined
  }
}
