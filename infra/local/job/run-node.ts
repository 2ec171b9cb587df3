import { spawn } from 'node:child_process'

/** Runs a program of this repository with the Node that runs us. Throws, with what it printed, when it fails. */
export const runNode = async (
  args: readonly string[],
  cwd: string,
  signal: AbortSignal,
  environment: Record<string, string> = {},
): Promise<void> => {
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  })
  const printed: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => printed.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => printed.push(chunk))
  const status = await new Promise<number | string | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, killedBy) => resolve(code ?? killedBy))
  })
  if (status !== 0)
    throw new Error(`node ${args.join(' ')} ended with ${status}:\n${Buffer.concat(printed).toString().trim()}`)
}
