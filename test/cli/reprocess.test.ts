import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { parseCommandLine } from '../../functions/cli/command-line.ts'
import { main } from '../../functions/cli/main.ts'
import { batchOf } from '../campaign/batch-calls.ts'
import { reprocessingWorld } from '../campaign/reprocessing-world.ts'
import { modelOf } from '../campaign/stored-cases.ts'

/** The command line against the API of a world whose clock goes on with each request. */
const commandLineOf = async () => {
  const world = reprocessingWorld({ model: await modelOf() })
  await world.seed(6, 'verdict')
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost')
    const query = Object.fromEntries(searchParams)
    const answer = await world.call(request.method ?? '', pathname, body === '' ? undefined : body, query)
    const until = world.world.ms + 3_000
    await world.run(() => world.world.ms > until)
    response
      .writeHead(answer.status ?? 500)
      .end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body))
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.on('listening', resolve))
  onTestFinished(() => void server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  let out = ''
  let errors = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += text
    return true
  })
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    errors += text
    return true
  })
  onTestFinished(() => void vi.restoreAllMocks())
  const run = async (...args: string[]) => {
    out = ''
    errors = ''
    const status = await main(['reprocess', ...args, '--url', url])
    return { status, out, errors }
  }
  return { run, world }
}

test('a batch from its plan to its publication on the command line', async () => {
  const { run, world } = await commandLineOf()
  const planned = await run('plan', 'Weights', '--engine-older-than', '0.1.0', '--per-minute', '600', '--wait')
  expect(planned).toMatchObject({ status: 0, errors: '' })
  expect(planned.out).toMatch(/plan {8}6 dumps of 6 cases.*begins at {3}verdict: 6/s)
  const [id] = planned.out.split(' ')
  expect((await run('start', id, '--wait')).out).toMatch(/progress {4}0 waiting, 0 running, 2 same, 4 changed/)
  expect((await run('differences', id)).out).toMatch(/inconclusive → culprit; names null → /)
  expect((await run('export', id)).out.split('\r\n')).toHaveLength(8)
  expect((await run('publish', id, '--wait')).out).toMatch(/published {3}6, left as they stand 0/)
  expect((await run('list')).out).toBe(`${id}  published    Weights\n`)
  expect(JSON.parse((await run('show', id, '--json')).out).progress.published).toBe(6)
  const refused = await run('pause', id)
  expect(refused).toMatchObject({ status: 1, out: '' })
  expect(refused.errors).toMatch(/^dumpline: This batch is published: it does not take “pause” now\.\n$/)
  expect((await batchOf(world, { name: 'other' })).batchId).not.toBe(id)
})

test.each([
  [['reprocess'], /takes one of list, plan, show,/],
  [['reprocess', 'undo', 'batch_1'], /takes one of list, plan, show,/],
  [['reprocess', 'start'], /"dumpline reprocess start" takes the id of a batch/],
  [['reprocess', 'plan'], /"dumpline reprocess plan" takes the name of a batch/],
  [['reprocess', 'list', 'batch_1'], /takes nothing more/],
  [['reprocess', 'plan', 'x', '--exclude', '{'], /takes a query as JSON/],
  [['reprocess', 'plan', 'x', '--wrong'], /wrong/],
])('(%j) is wrong, with a sentence', (args, reason) => {
  expect(parseCommandLine(args)).toEqual({
    command: 'wrong',
    about: 'reprocess',
    reason: expect.stringMatching(reason),
  })
})
