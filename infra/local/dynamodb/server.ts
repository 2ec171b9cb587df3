import { createHash } from 'node:crypto'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import dynalite from 'dynalite'
import type { Credentials } from '../endpoints/credentials.ts'
import { type Loopback, listenOnLoopback, readBody } from '../endpoints/loopback.ts'
import { SignatureError, verifySignature } from '../endpoints/signature.ts'

/** dynalite's own limit. */
const largestRequest = 16 * 2 ** 20

/**
 * DynamoDB by dynalite, its data in `folder`. dynalite believes every signature, lets every web page read its answers
 * and ends the process when a client goes away in the middle of a request; so a request is read and verified here, and
 * replayed to it whole.
 */
export const startDynamo = async (folder: string, credentials: Credentials): Promise<Loopback> => {
  const server = dynalite({ path: folder, createTableMs: 0, updateTableMs: 0, deleteTableMs: 0 })
  const [handle] = server.listeners('request') as RequestListener[]
  server.removeAllListeners('request')
  const loopback = await listenOnLoopback(0, server)
  loopback.serve(async (request, response) => {
    try {
      const body = await readBody(request, largestRequest)
      const bodyHash = createHash('sha256').update(body).digest('hex')
      const { method = '', url = '/', headers } = request
      verifySignature({ method, target: url, headers, bodyHash }, credentials, 'dynamodb', Date.now())
      const replay = Object.assign(Readable.from(body.length > 0 ? [body] : []), { method, url, headers })
      handle(
        replay as unknown as IncomingMessage,
        response as ServerResponse<IncomingMessage> & { req: IncomingMessage },
      )
    } catch (error) {
      if (response.destroyed) return
      const refused = error instanceof SignatureError
      response.writeHead(refused ? error.status : 400, { 'content-type': 'application/x-amz-json-1.0' })
      const type = refused ? 'com.amazon.coral.service#UnrecognizedClientException' : 'SerializationException'
      response.end(JSON.stringify({ __type: type, message: (error as Error).message }))
    }
  })
  return loopback
}
