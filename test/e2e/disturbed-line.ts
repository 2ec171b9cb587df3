import { createServer, request as forward, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Transform } from 'node:stream'

/** What the line did with a part: its number, and the status that storage answered. */
export type Crossing = { readonly part: number; readonly status: number }

export type DisturbedLine = {
  /** For `--proxy-server`. */
  readonly address: string
  readonly crossings: readonly Crossing[]
  /** Parts from this number on wait. */
  holdFrom: number
  /** The part whose first passage that is answered has one of its bits flipped; 0 for none. */
  corrupt: number
  /** Breaks off what is held up: it came from a tab that died. */
  readonly dropHeld: () => void
  readonly close: () => Promise<void>
}

/** The number of the part that a request to storage brings; 0 for any other request. */
const partOf = (method: string | undefined, url: string): number =>
  method === 'PUT' ? Number(/[?&]partNumber=(\d+)/.exec(url)?.[1] ?? 0) : 0

const flipOneBit = (): Transform => {
  let isFirst = true
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const passed = Buffer.from(chunk)
      if (isFirst) passed[passed.length >> 1] ^= 1
      isFirst = false
      done(null, passed)
    },
  })
}

/** An HTTP proxy between a browser and everything else, which can hold parts of an upload up and spoil one on its way. */
export const disturbedLine = async (): Promise<DisturbedLine> => {
  const crossings: Crossing[] = []
  const waiting: { readonly request: IncomingMessage; readonly go: () => void }[] = []
  let holdFrom = Number.POSITIVE_INFINITY
  const pass = async (request: IncomingMessage, part: number): Promise<void> => {
    while (part >= holdFrom && !request.destroyed) await new Promise<void>((go) => waiting.push({ request, go }))
  }
  const server = createServer(async (request, response) => {
    const url = request.url ?? ''
    const part = partOf(request.method, url)
    await pass(request, part)
    if (request.destroyed && part > 0) return
    const isSpoilt = part > 0 && part === line.corrupt
    const { 'proxy-connection': _, ...headers } = request.headers
    const onward = forward(url, { method: request.method, headers }, (answer) => {
      if (part > 0) crossings.push({ part, status: answer.statusCode ?? 0 })
      // One that a dying tab began, and that nobody answers, was not it.
      if (isSpoilt) line.corrupt = 0
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    request.on('error', () => onward.destroy())
    response.on('close', () => onward.destroy())
    if (isSpoilt) request.pipe(flipOneBit()).pipe(onward)
    else request.pipe(onward)
  })
  server.requestTimeout = 0
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const line: DisturbedLine = {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    crossings,
    get holdFrom() {
      return holdFrom
    },
    set holdFrom(part) {
      holdFrom = part
      for (const { go } of waiting.splice(0)) go()
    },
    corrupt: 0,
    dropHeld: () => {
      for (const { request, go } of waiting.splice(0)) {
        request.destroy()
        go()
      }
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return line
}
