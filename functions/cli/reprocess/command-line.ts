import { parseArgs } from 'node:util'
import type { CreateBatch } from '../../../shared/cases/batches/reprocessing-api.ts'

/** Names of the API's actions on a batch. */
const batchActions = ['dry-run', 'start', 'pause', 'resume', 'cancel', 'publish', 'move-back'] as const
export type BatchActionName = (typeof batchActions)[number]

export type ReprocessCommand = {
  readonly command: 'reprocess'
  readonly url: string | undefined
  readonly token: string | undefined
  readonly json: boolean
  /** Follow the batch until it has nothing more to do by itself. */
  readonly wait: boolean
} & (
  | { readonly verb: 'list' }
  | { readonly verb: 'plan'; readonly body: CreateBatch }
  | { readonly verb: 'show' | 'differences' | 'export'; readonly batchId: string }
  | { readonly verb: BatchActionName; readonly batchId: string }
)

export const reprocessUsage = `  dumpline reprocess plan NAME [choice] [settings] | list | show ID | differences ID | export ID
  dumpline reprocess dry-run ID | start ID | pause ID | resume ID | cancel ID | publish ID | move-back ID
      Old cases done again in batches, over the HTTP API.
      choice            --case ID, --verdict V, --status S, --driver D, --tag T, --signature S, --label L,
                        --architecture A (each may be repeated where it makes sense), --from DAY, --to DAY,
                        --engine-older-than VERSION, --build-from N, --build-to N, --exclude JSON (a query)
      settings          --per-minute N, --concurrency N, --budget DOLLARS, --most-failing SHARE,
                        --begin-at STAGE, --publish at-once|after-review, --sample N
      --wait            follow it until it has nothing more to do by itself
      --json            what the API answers; export writes CSV without it
      --url URL, --token TOKEN    where the API is and who asks; otherwise DUMPLINE_URL and DUMPLINE_TOKEN
`

const text = { type: 'string' } as const
const texts = { type: 'string', multiple: true } as const

/** What the arguments ask for, or a sentence what is wrong with them. Throws parseArgs' own errors. */
export const parseReprocess = (args: string[]): ReprocessCommand | string => {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      url: text,
      token: text,
      json: { type: 'boolean', default: false },
      wait: { type: 'boolean', default: false },
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
    },
  })
  const { url, token, json, wait } = values
  const common = { command: 'reprocess', url, token, json, wait } as const
  const [verb, name, ...more] = positionals
  if (verb === 'list') return { ...common, verb }
  if (name === undefined || more.length > 0)
    return `"dumpline reprocess ${verb ?? ''}" takes ${verb === 'plan' ? 'the name of a batch' : 'a verb and the id of a batch'}.`
  if (verb === 'plan') {
    const number = (value: string | undefined): number | undefined => (value === undefined ? undefined : Number(value))
    try {
      const body = {
        name,
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
          buildFrom: number(values['build-from']),
          buildTo: number(values['build-to']),
        },
        exclude: values.exclude === undefined ? null : JSON.parse(values.exclude),
        settings: {
          perMinute: number(values['per-minute']),
          concurrency: number(values.concurrency),
          budgetDollars: number(values.budget),
          mostFailing: number(values['most-failing']),
          beginAt: values['begin-at'],
          publish: values.publish,
          sample: number(values.sample),
        },
      }
      // What of it is not valid the API says, field by field.
      return { ...common, verb, body: body as CreateBatch }
    } catch {
      return '--exclude takes a query as JSON, such as {"verdict":["healthy"]}.'
    }
  }
  if (verb === 'show' || verb === 'differences' || verb === 'export') return { ...common, verb, batchId: name }
  const action = batchActions.find((one) => one === verb)
  return action === undefined ? `There is no "dumpline reprocess ${verb}".` : { ...common, verb: action, batchId: name }
}
