import { spawn } from 'node:child_process'
import { mkdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Health } from '../../shared/cases/api.ts'
import type { StageRecord } from '../../shared/cases/records.ts'
import { DataFolderInUse } from './endpoints/database.ts'
import { PortTaken } from './endpoints/loopback.ts'
import { machineTokens } from './identity/machine.ts'
import { apiClient } from './job/api-client.ts'
import { type Made, removeOthers } from './job/cached.ts'
import { parseCommandLine, type StartOptions, usage, WrongUse } from './job/command-line.ts'
import { PlainFailure } from './job/plain-failure.ts'
import { buildPortal, forgeDump, synthesise } from './job/prepare.ts'
import { bytesText, line, resultLines, secondsText, stageLine } from './job/print.ts'
import { watchCase } from './job/watch-case.ts'
import { startLocalStack } from './stack.ts'
import { readAssembly } from './template/assembly.ts'
import { TemplateError } from './template/template.ts'
import { uploadDump } from './upload.ts'

/**
 * `npm start`: the whole product on this machine. Synthesises the CDK app, builds the portal, brings the stack up,
 * uploads a dump as a browser would, says what the pipeline finds, and leaves the portal running.
 */
const say = (text: string): void => console.log(text)

const sayMade = (label: string, { milliseconds }: Made): void =>
  say(line(label, milliseconds === null ? 'unchanged' : `made in ${secondsText(milliseconds)}`))

const run = async (options: StartOptions, stopping: AbortSignal): Promise<number> => {
  const dataDir = resolve(options.dataDir)
  if (options.file !== null) await requireFile(options.file)
  // A dump is the memory of somebody's server: what is kept here is for this user alone.
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  say('dumpline on this machine')
  const [assembly, portal, forged] = await Promise.all([
    synthesise(dataDir, stopping),
    buildPortal(dataDir, stopping),
    options.file === null ? forgeDump(dataDir, stopping) : null,
  ])
  sayMade('template', assembly)
  sayMade('portal', portal)
  if (forged !== null) sayMade('forge', forged)
  stopping.throwIfAborted()

  const started = performance.now()
  const stack = await startLocalStack({
    ...(await readAssembly(assembly.folder)),
    dataDir,
    portalDir: portal.folder,
    port: options.port,
    onProblem: (sentence) => console.error(line('problem', sentence)),
  })
  try {
    say(line('stack', `ready in ${secondsText(performance.now() - started)}, on 127.0.0.1 only, data in ${dataDir}`))
    for (const made of [assembly, portal, forged]) if (made !== null) await removeOthers(made)
    const api = apiClient(stack.origins.http, machineTokens(stack.machine('engineer')))
    const { engineVersion } = await api.get('/api/health', Health)
    const before = new Map(stack.deadLetters().map(({ queue, messages }) => [queue, messages]))

    const file = forged?.file ?? resolve(options.file!)
    const uploading = performance.now()
    const { caseId, dump } = await uploadDump(api, file)
    const took = performance.now() - uploading
    const rate = bytesText((dump.bytes / Math.max(took, 1)) * 1000)
    say(line('upload', `${dump.fileName}, ${bytesText(dump.bytes)} in ${secondsText(took)} (${rate}/s)`))

    const stuck = (): string | null => {
      const fallen = stack.deadLetters().find(({ queue, messages }) => messages > (before.get(queue) ?? 0))
      return fallen ? `A message ended in ${fallen.queue}: a defect of dumpline. See ${join(dataDir, 'logs')}.` : null
    }
    const onStage = (stage: StageRecord): void => say(stageLine(stage))
    const status = await watchCase({ api, caseId, dumpId: dump.dumpId, onStage, stuck, signal: stopping }).then(
      (analysis) => {
        say(['', ...resultLines(analysis), line('engine', engineVersion), ''].join('\n'))
        return analysis.dump.refusal ? 3 : 0
      },
      (error: unknown) => {
        // The case stays, with what its stages found: the portal shows it.
        if (!(error instanceof PlainFailure)) throw error
        console.error(error.message)
        return 1
      },
    )
    if (options.exit) return status
    const page = `${stack.origins.http}/cases/${caseId}`
    say(line('sign in', 'one click as Ada Admin, or as anybody else of this machine'))
    say(`${page}   (Ctrl-C ends it)`)
    if (options.open) openInBrowser(page)
    await new Promise<void>((end) => stopping.addEventListener('abort', () => end()))
    return 0
  } finally {
    await stack.stop()
  }
}

/** Only where somebody is watching. That no browser could be opened is no failure: the address is printed. */
const openInBrowser = (url: string): void => {
  if (!process.stdout.isTTY) return
  const command = process.platform === 'darwin' ? 'open' : 'xdg-open'
  if (command === 'xdg-open' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) return
  spawn(command, [url], { stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref()
}

const requireFile = async (file: string): Promise<void> => {
  const found = await stat(file).catch(() => null)
  if (found === null) throw new PlainFailure(`There is no file ${file}.`)
  if (!found.isFile()) throw new PlainFailure(`${file} is not a file.`)
}

const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => {
    // Whoever asks twice does not want to wait.
    if (stopping.signal.aborted) process.exit(1)
    stopping.abort()
  })

const explain = (error: unknown): number => {
  if (error instanceof WrongUse) {
    console.error(`${error.message}\n\n${usage}`)
    return 2
  }
  if (error instanceof PortTaken) console.error(`${error.message} Choose another with --port.`)
  else if (error instanceof DataFolderInUse) console.error(`${error.message} Choose another with --data.`)
  else if (error instanceof PlainFailure || error instanceof TemplateError) console.error(error.message)
  else console.error(error)
  return 1
}

try {
  const options = parseCommandLine(process.argv.slice(2))
  if (options === null) say(usage.trimEnd())
  else process.exitCode = await run(options, stopping.signal)
} catch (error) {
  process.exitCode = stopping.signal.aborted ? 0 : explain(error)
}
