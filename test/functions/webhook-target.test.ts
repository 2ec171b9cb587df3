import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { poster, type Resolve } from '../../functions/webhooks/post.ts'
import { isPublic, whyNoTarget } from '../../functions/webhooks/target.ts'

/** IANA's special-purpose registries, and what clouds keep at such addresses. */
const inside = [
  '0.0.0.0',
  '10.1.2.3',
  '100.64.0.1',
  '127.0.0.1',
  '127.255.255.254',
  '169.254.169.254',
  '169.254.170.2',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.192',
  '192.0.2.1',
  '192.168.1.1',
  '198.18.0.1',
  '203.0.113.9',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::7f00:1',
  '::ffff:10.0.0.1',
  '::ffff:169.254.169.254',
  '64:ff9b::a9fe:a9fe',
  '64:ff9b:1::1',
  '100::1',
  '2001::1',
  '2001:db8::1',
  '2002:a9fe:a9fe::1',
  'fc00::1',
  'fd00:ec2::254',
  'fe80::1',
  'fec0::1',
  'ff02::1',
  '4000::1',
]
const outside = ['1.1.1.1', '8.8.8.8', '93.184.215.14', '172.32.0.1', '2606:4700:4700::1111', '::ffff:8.8.8.8']

describe('an address', () => {
  test.each(inside)('%s is not on the public internet', (address) => {
    expect(isPublic(address)).toBe(false)
    const host = address.includes(':') ? `[${address}]` : address
    expect(whyNoTarget(`https://${host}/hook`, false)).toMatch(/public internet/)
  })

  test.each(outside)('%s is', (address) => {
    expect(isPublic(address)).toBe(true)
    const host = address.includes(':') ? `[${address}]` : address
    expect(whyNoTarget(`https://${host}:8443/hook`, false)).toBeNull()
  })
})

describe('a URL', () => {
  test.each([
    ['https://hooks.example.com/a?b=c', null],
    ['http://hooks.example.com/', /https/],
    ['ftp://hooks.example.com/', /https/],
    ['file:///etc/passwd', /https/],
    ['https://me:secret@hooks.example.com/', /password/],
    ['https://localhost/', /public/],
    ['https://localhost./', /public/],
    ['https://printer/', /public/],
    ['https://metadata.google.internal/', /public/],
    ['https://nas.local/', /public/],
    // What the WHATWG URL parser makes an address of.
    ['https://2130706433/', /public/],
    ['https://0x7f.1/', /public/],
    ['https://0177.0.0.1/', /public/],
    ['https://①②⑦.0.0.1/', /public/],
    ['not a url', /not a URL/],
  ])('%s', (url, why) => {
    const said = whyNoTarget(url, false)
    if (why === null) expect(said).toBeNull()
    else expect(said).toMatch(why)
  })

  test('may be of this machine, without TLS, on the stack on one machine alone', () => {
    for (const url of ['http://127.0.0.1:9/', 'http://localhost:9/', 'http://[::1]:9/', 'https://127.0.0.1/']) {
      expect(whyNoTarget(url, true)).toBeNull()
      expect(whyNoTarget(url, false)).not.toBeNull()
    }
    expect(whyNoTarget('http://10.0.0.1/', true)).not.toBeNull()
    expect(whyNoTarget('https://169.254.169.254/', true)).not.toBeNull()
    expect(whyNoTarget('http://hooks.example.com/', true)).not.toBeNull()
  })
})

/** A receiver on loopback, and what it was sent. */
const receiver = async (answer: RequestListener) => {
  const requests: { headers: IncomingMessage['headers']; body: string; method?: string }[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    requests.push({ headers: request.headers, body, method: request.method })
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { requests, port, url: `http://127.0.0.1:${port}/hook` }
}

/** A look-up that gives these addresses, whatever the name, and counts how often it was asked. */
const names = (...addresses: string[]) => {
  const asked: string[] = []
  const lookup = ((name: string, _options: object, done: (error: null, found: object[]) => void) => {
    asked.push(name)
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )
  }) as unknown as Resolve
  return { lookup, asked }
}

describe('a request', () => {
  test('carries its headers and body, and tells the status of the answer', async () => {
    const { url, requests } = await receiver((_, response) => response.writeHead(204).end())
    expect(await poster(true)(url, { 'webhook-id': 'event_1' }, '{"a":"ä"}')).toEqual({ status: 204 })
    expect(requests).toEqual([
      {
        method: 'POST',
        body: '{"a":"ä"}',
        headers: expect.objectContaining({ 'webhook-id': 'event_1', 'content-type': 'application/json' }),
      },
    ])
  })

  test('does not follow a redirection', async () => {
    const target = await receiver((_, response) => response.end())
    const { url } = await receiver((_, response) => response.writeHead(307, { location: target.url }).end())
    expect(await poster(true)(url, {}, '{}')).toEqual({ status: 307 })
    expect(target.requests).toEqual([])
  })

  test('ends when there is no answer in time, also when the answer never ends', async () => {
    const silent = await receiver(() => undefined)
    expect(await poster(true, 100)(silent.url, {}, '{}')).toEqual({ error: 'There was no answer within 0.1 seconds.' })
    const endless = await receiver((_, response) => response.writeHead(200).write('a'))
    expect(await poster(true, 100)(endless.url, {}, '{}')).toEqual({ status: 200 })
  })

  test('reads little of an answer', async () => {
    let written = 0
    const { url } = await receiver((_, response) => {
      response.writeHead(200)
      const more = (): void => {
        while (!response.destroyed && written < 2 ** 30) {
          written += 65_536
          if (!response.write('a'.repeat(65_536))) return void response.once('drain', more)
        }
      }
      more()
    })
    expect(await poster(true)(url, {}, '{}')).toEqual({ status: 200 })
    expect(written).toBeLessThan(2 ** 25)
  })

  test('that cannot be made is told in a sentence', async () => {
    const gone = await receiver((_, response) => response.end())
    expect(await poster(true)(`http://127.0.0.1:1/`, {}, '{}')).toMatchObject({
      error: expect.stringMatching(/refused/),
    })
    expect(await poster(false)(gone.url, {}, '{}')).toMatchObject({ error: expect.stringMatching(/https/) })
    expect(gone.requests).toEqual([])
  })

  test.each([
    ['an address of our network', ['10.0.0.7']],
    ['the metadata service', ['169.254.169.254']],
    ['a public address and one of ours', ['93.184.215.14', '127.0.0.1']],
    ['an address of ours in IPv6', ['::ffff:127.0.0.1']],
    ['nothing', []],
  ])('to a name that leads to %s is not made', async (_, addresses) => {
    const { lookup, asked } = names(...addresses)
    const posted = await poster(false, 1000, lookup)('https://hooks.example.com/', {}, '{}')
    expect(posted).toEqual({ error: 'The name leads to an address that is not on the public internet.' })
    expect(asked).toEqual(['hooks.example.com'])
  })

  test('goes to the very address that was checked: the name is looked up once', async () => {
    const { url, port, requests } = await receiver((_, response) => response.end())
    const { lookup, asked } = names('127.0.0.1')
    expect(await poster(true, 1000, lookup)(url.replace('127.0.0.1', 'localhost'), {}, '{}')).toEqual({ status: 200 })
    expect(asked).toEqual(['localhost'])
    expect(requests[0].headers.host).toBe(`localhost:${port}`)
  })
})
