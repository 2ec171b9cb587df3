import { setTimeout as pause } from 'node:timers/promises'
import { BatchItems, BatchList, BatchView } from '../../../shared/cases/batches/reprocessing-api.ts'
import { type Api, apiAt } from '../api-client.ts'
import { exitStatus } from '../exit-status.ts'
import { WrongUse } from '../wrong-use.ts'
import type { ReprocessCommand } from './command-line.ts'
import { differenceLines, listLines, viewLines } from './print.ts'

/** Statuses in which a batch goes on by itself. */
const goingOn = new Set(['planning', 'trying', 'running', 'publishing', 'moving-back'])
const lookEveryMs = 1_000

const print = (lines: readonly string[]): void => void process.stdout.write(`${lines.join('\n')}\n`)

/** `dumpline reprocess`: each verb is one call of the API, and `--wait` looks until the batch stands still. */
export const reprocessCommand = async (command: ReprocessCommand): Promise<number> => {
  const url = command.url ?? process.env.DUMPLINE_URL
  if (url === undefined) throw new WrongUse('Say where the API is, by --url or DUMPLINE_URL.')
  const api = apiAt({ url, token: command.token ?? process.env.DUMPLINE_TOKEN })
  if (command.verb === 'list') {
    const list = await api.get('/api/reprocessing', BatchList)
    print(command.json ? [JSON.stringify(list)] : listLines(list.batches))
    return exitStatus.analysed
  }
  if (command.verb === 'plan')
    return showView(api, command, await api.post('/api/reprocessing', command.body, BatchView))
  const path = `/api/reprocessing/${encodeURIComponent(command.batchId)}`
  if (command.verb === 'export') {
    process.stdout.write(await api.text(`${path}/export?format=${command.json ? 'json' : 'csv'}`))
    return exitStatus.analysed
  }
  if (command.verb === 'differences') {
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: BatchItems = await api.get(
        `${path}/items?show=changed&limit=200${cursor && `&cursor=${cursor}`}`,
        BatchItems,
      )
      for (const item of page.items) print(command.json ? [JSON.stringify(item)] : differenceLines(item))
      cursor = page.nextCursor
    }
    return exitStatus.analysed
  }
  const view = command.verb === 'show' ? api.get(path, BatchView) : api.post(`${path}/${command.verb}`, {}, BatchView)
  return showView(api, command, await view)
}

const showView = async (api: Api, { wait, json }: ReprocessCommand, first: BatchView): Promise<number> => {
  let view = first
  while (wait && (goingOn.has(view.batch.status) || view.progress.running > 0)) {
    await pause(lookEveryMs)
    view = await api.get(`/api/reprocessing/${first.batch.batchId}`, BatchView)
  }
  print(json ? [JSON.stringify(view)] : viewLines(view))
  return exitStatus.analysed
}
