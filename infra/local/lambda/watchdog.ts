/**
 * A thread beside a function's handler that works while the handler does not yield: it ends the process when the stack
 * that started it is gone (the other end of file descriptor 3 closes, however that process died), and when the process
 * takes more memory than the function has.
 */
import { Socket } from 'node:net'
import { workerData } from 'node:worker_threads'

const { memoryBytes } = workerData as { memoryBytes: number }

const end = (): void => {
  process.kill(process.pid, 'SIGKILL')
}

const parent = new Socket({ fd: 3, readable: true, writable: true })
parent.on('end', end).on('error', end).on('close', end).resume()

setInterval(() => {
  const used = process.memoryUsage.rss()
  // What is written here is why the process ended; `child.ts` reads it.
  if (used > memoryBytes) parent.end(`${Math.ceil(used / 2 ** 20)}`, end)
}, 100)
