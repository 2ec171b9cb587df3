import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server that listens on this machine only. */
export type Loopback = {
  readonly origin: string
  readonly port: number
  /** Requests before this is called are answered 503. */
  readonly serve: (handler: (request: IncomingMessage, response: ServerResponse) => unknown) => void
  /** Stops listening and ends every connection. */
  readonly close: () => Promise<void>
}

/** A port the person asked for and cannot have. */
export class PortTaken extends Error {
  override readonly name = 'PortTaken'
}

/**
 * Listens on 127.0.0.1 and nothing else; port 0 takes any free one. Requests that name another host are refused, so
 * that a web page cannot reach the server through a name of its own that resolves to this machine (DNS rebinding).
 */
export const listenOnLoopback = async (port: number, server: Server = createServer()): Promise<Loopback> => {
  let handler = (_: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(503).end()
  }
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (!isLoopbackHost(request.headers.host)) response.writeHead(421).end('This server answers for 127.0.0.1 only.')
    else handler(request, response)
  })
  // A part of a large upload or a long poll may take as long as it takes.
  server.requestTimeout = 0
  server.keepAliveTimeout = 60_000
  await listen(server, port)
  let closing: Promise<void> | null = null
  const bound = (server.address() as AddressInfo).port
  return {
    origin: `http://127.0.0.1:${bound}`,
    port: bound,
    serve: (next) => {
      handler = (request, response) => {
        // A handler answers its own errors; what still escapes is a defect, and must not leave the caller waiting.
        void Promise.resolve(next(request, response)).catch((error: unknown) => {
          console.error(error)
          if (!response.headersSent) response.writeHead(500)
          response.end()
        })
      }
    },
    close: () => {
      closing ??= new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()))
        server.closeAllConnections()
      })
      return closing
    },
  }
}

const listen = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new PortTaken(`Port ${port} is taken by another program.`, { cause: error })
          : error,
      ),
    )
    server.listen(port, '127.0.0.1', resolve)
  })

const isLoopbackHost = (host: string | undefined): boolean =>
  host !== undefined && /^(127\.0\.0\.1|localhost)(:\d+)?$/i.test(host)

/** A whole request body. Throws a `BodyTooLarge` beyond `limit` bytes. */
export const readBody = async (request: IncomingMessage, limit: number): Promise<Buffer> => {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of bodyOf(request)) {
    length += chunk.length
    if (length > limit) throw new BodyTooLarge(`The body is longer than ${limit} bytes.`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** The chunks of a body. Whoever stops reading it can still answer: the connection stays. */
export const bodyOf = (request: IncomingMessage): AsyncIterable<Buffer> => request.iterator({ destroyOnReturn: false })

export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge'
}
