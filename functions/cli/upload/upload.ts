import { openAsBlob } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { printable } from '../../../shared/report/printable.ts'
import { fetchPut } from '../../../shared/upload/fetch-put.ts'
import { betterDumpSteps, firstLook, firstLookBytes } from '../../../shared/upload/first-look.ts'
import { sha256Of } from '../../../shared/upload/sha256.ts'
import { type UploadState, uploadSession } from '../../../shared/upload/upload-session.ts'
import { UploadTrouble } from '../../../shared/upload/upload-trouble.ts'
import { exitStatus } from '../exit-status.ts'
import { fileProblem, WrongUse } from '../wrong-use.ts'
import { linkApi, parseLink } from './link-api.ts'
import { fileMemory } from './state-file.ts'

export type UploadCommand = { readonly command: 'upload'; readonly file: string; readonly link: string }

const goesOn = 'What has arrived is kept: the same command goes on from there.'

/** What a shell reports of a program that was interrupted. */
const interrupted = 130

/**
 * `dumpline upload`: sends a dump through an upload link, in parallel parts, each with its checksum. The same command
 * after an interruption goes on from what has arrived. Throws WrongUse where the link or the file will not do.
 */
export const uploadCommand = async ({ file, link: text }: UploadCommand): Promise<number> => {
  const link = parseLink(text)
  if (link === null) throw new WrongUse('The link must be the one you were sent: https://HOST/upload/TOKEN.')
  const { blob, memory } = await openFile(file, text)
  const api = linkApi(link)
  const look = firstLook(new Uint8Array(await blob.slice(0, firstLookBytes).arrayBuffer()), blob.size)
  if (look.looksWrong) {
    say(`${look.what} ${look.advice}`)
    if (look.asksForSettings) for (const step of betterDumpSteps) say(`  ${step}`)
  }
  const { company } = await api.look(new AbortController().signal).catch((error: unknown) => asWrongUse(error))
  say(`Sending ${printable(basename(file))} (${blob.size} bytes) to ${printable(company)}.`)

  let last: UploadState = { phase: 'starting' }
  const show = progressLine()
  const session = uploadSession(
    { file: blob, fileName: basename(file).slice(-255) },
    {
      api,
      memory,
      digest: sha256Of,
      put: fetchPut,
      wait: async (milliseconds, signal) => void (await setTimeout(milliseconds, undefined, { signal })),
      now: () => performance.now(),
    },
    (state) => {
      last = state
      show(state, blob.size)
    },
  )
  const interrupt = (): void => session.pause()
  process.once('SIGINT', interrupt)
  try {
    await session.run()
  } finally {
    process.off('SIGINT', interrupt)
  }
  return ended(last)
}

const openFile = async (file: string, link: string) => {
  try {
    const found = await stat(file)
    if (!found.isFile()) throw new WrongUse(`${file} is not a file.`)
    const fingerprint = { path: resolve(file), bytes: found.size, changedAt: found.mtimeMs }
    return { blob: await openAsBlob(file), memory: fileMemory(link, fingerprint) }
  } catch (error) {
    throw fileProblem(file, error)
  }
}

const ended = (state: UploadState): number => {
  if (state.phase === 'done') {
    say('The dump has arrived, and its bytes were verified.')
    return exitStatus.analysed
  }
  if (state.phase === 'paused') {
    say(`Paused. ${goesOn}`)
    return interrupted
  }
  if (state.phase === 'failed') return asWrongUse(state.error, ` ${goesOn}`)
  throw new Error(`The upload ended in the phase ${state.phase}.`)
}

/** What the other side will not have is the caller's to change; what is none of these is a defect. */
const asWrongUse = (error: unknown, more = ''): never => {
  if (error instanceof UploadTrouble) throw new WrongUse(`${error.message}${more}`)
  throw error
}

const say = (sentence: string): void => void process.stderr.write(`${sentence}\n`)

/** On a terminal one line that is rewritten when its percentage changes; elsewhere only that the line is down. */
const progressLine = (): ((state: UploadState, bytes: number) => void) => {
  let shown = ''
  return (state, bytes) => {
    const text = lineOf(state, bytes)
    if (text === shown || (!process.stderr.isTTY && !text.startsWith('No connection'))) return
    shown = text
    process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${text}${state.phase === 'sending' ? '' : '\n'}` : `${text}\n`)
  }
}

const lineOf = (state: UploadState, bytes: number): string => {
  if (state.phase === 'completing') return 'Completing …'
  if (state.phase !== 'sending') return ''
  if (state.isLost) return 'No connection; going on as soon as there is one.'
  const percent = bytes === 0 ? 100 : Math.floor((state.arrivedBytes / bytes) * 100)
  const speed = state.bytesPerSecond === null ? '' : `, ${(state.bytesPerSecond / 2 ** 20).toFixed(1)} MiB/s`
  const left = state.millisecondsLeft === null ? '' : `, ${Math.ceil(state.millisecondsLeft / 60_000)} min left`
  return `${percent} %${speed}${left}`
}
