import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

/**
 * Ceph's radosgw, an S3 that others wrote and many run in production, alone on this machine: one monitor, one storage
 * daemon that keeps its data in memory, one gateway, all on 127.0.0.1, with everything in one temporary folder. It
 * installs nothing: the Debian packages ceph-mon, ceph-osd and radosgw have to be there. By itself,
 * `node test/conformance/s3/radosgw.ts` runs it until it is interrupted.
 */
export type Radosgw = {
  readonly origin: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly stop: () => Promise<void>
}

const programs = ['ceph', 'ceph-authtool', 'ceph-mon', 'ceph-osd', 'monmaptool', 'radosgw', 'radosgw-admin']

export const hasRadosgw = (): boolean => programs.every((program) => pathOf(program) !== undefined)

const run = promisify(execFile)

/** How long any one step may take; the whole takes two seconds on an idle machine. */
const mostMs = 60_000

/** Resolves when it takes requests. Rejects, with the end of its logs, when a part of it does not come up. */
export const startRadosgw = async (): Promise<Radosgw> => {
  const folder = await mkdtemp(join(tmpdir(), 'dumpline-radosgw-'))
  const file = (name: string): string => join(folder, name)
  const [monitorPort, port] = await freePorts(2)
  const [cluster, osd] = [randomUUID(), randomUUID()]
  const monitor = `[v2:127.0.0.1:${monitorPort}/0]`
  const daemons: ChildProcess[] = []
  const env = { ...process.env, CEPH_CONF: file('ceph.conf') }
  const ask = (program: string, ...args: string[]) => run(program, args, { timeout: mostMs, env })
  const start = (program: string, ...args: string[]): void => {
    const log = openSync(file(`${program}.out`), 'w')
    daemons.push(spawn(program, ['-f', ...args], { env, stdio: ['ignore', log, log] }))
    closeSync(log)
  }
  // A test run that ends in the middle leaves no daemon behind.
  const kill = (): void => {
    for (const daemon of daemons) daemon.kill('SIGKILL')
  }
  process.once('exit', kill)
  const stop = async (): Promise<void> => {
    process.off('exit', kill)
    const running = daemons.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)
    const ends = running.map((daemon) => once(daemon, 'exit'))
    // There is nothing to save.
    kill()
    await Promise.all(ends)
    await rm(folder, { recursive: true, force: true })
  }

  try {
    await writeFile(file('ceph.conf'), configuration(folder, cluster, monitor))
    await Promise.all(['mon', 'osd'].map((name) => mkdir(file(name))))
    const key = (name: string, may: Record<string, string>) =>
      ask(
        'ceph-authtool',
        ...[file('keyring'), '--gen-key', '-n', name],
        ...Object.entries(may).flatMap(([daemon, what]) => ['--cap', daemon, what]),
      )
    await ask('ceph-authtool', '-C', file('keyring'))
    await key('mon.', { mon: 'allow *' })
    await key('client.admin', { mon: 'allow *', osd: 'allow *' })
    await key('osd.0', { mon: 'allow profile osd', osd: 'allow *' })
    await ask('monmaptool', '--create', '--fsid', cluster, '--addv', 'a', monitor, file('map'))
    await ask('ceph-mon', '--mkfs', '-i', 'a', '--monmap', file('map'), '--keyring', file('keyring'))
    start('ceph-mon', '-i', 'a')
    await ask('ceph', 'osd', 'new', osd)
    await ask('ceph-osd', '-i', '0', '--mkfs', '--osd-uuid', osd)
    start('ceph-osd', '-i', '0')
    const [accessKeyId, secretAccessKey] = [randomBytes(10).toString('hex'), randomBytes(20).toString('hex')]
    const user = ['--uid', 'dumpline', '--display-name', 'dumpline']
    await ask('radosgw-admin', 'user', 'create', ...user, '--access-key', accessKeyId, '--secret-key', secretAccessKey)
    start('radosgw', '-n', 'client.admin', '--rgw-frontends', `beast endpoint=127.0.0.1:${port}`)
    const origin = `http://127.0.0.1:${port}`
    await answers(origin)
    return { origin, accessKeyId, secretAccessKey, stop }
  } catch (error) {
    const logs = await Promise.all(['ceph-mon', 'ceph-osd', 'radosgw'].map((name) => lastLines(file(`${name}.out`))))
    await stop()
    throw new Error(`radosgw did not start. ${logs.join('\n')}`, { cause: error })
  }
}

/** The monitor proposes changes at once and not once a second, which is what starting takes otherwise. */
const configuration = (folder: string, cluster: string, monitor: string): string => `[global]
fsid = ${cluster}
mon host = ${monitor}
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind msgr1 = false
keyring = ${folder}/keyring
run dir = ${folder}
admin socket =
log file =
log to stderr = true
mon data = ${folder}/mon
mon data avail warn = 1
mon data avail crit = 1
mon allow pool size one = true
paxos propose interval = 0.05
paxos min wait = 0.02
osd data = ${folder}/osd
osd objectstore = memstore
memstore device bytes = 2147483648
osd crush chooseleaf type = 0
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pg autoscale mode = off
rgw thread pool size = 32
`

const pathOf = (program: string): string | undefined =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find((path) => {
      try {
        closeSync(openSync(path, 'r'))
        return true
      } catch {
        return false
      }
    })

/** Ports that are free now; another process could take one before it is used, and starting would say so. */
const freePorts = async (count: number): Promise<number[]> => {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => promisify(server.close.bind(server))()))
  return ports
}

const answers = async (origin: string): Promise<void> => {
  const end = Date.now() + mostMs
  for (;;)
    try {
      await fetch(origin)
      return
    } catch (error) {
      if (Date.now() > end) throw error
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
}

const lastLines = async (path: string): Promise<string> =>
  (await readFile(path, 'utf8').catch(() => '')).split('\n').slice(-10).join('\n')

if (import.meta.main) {
  const { stop, ...radosgw } = await startRadosgw()
  console.log(radosgw)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop)
}
