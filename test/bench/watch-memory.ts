import { readFileSync } from 'node:fs'

const pageBytes = 4096

/** Resident bytes of a process, from /proc; 0 where there is none. */
const residentBytes = (pid: number): number => {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * pageBytes
  } catch {
    return 0
  }
}

/** The process and all that it started, and they in turn. */
const family = (pid: number): number[] => {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean)
    return [pid, ...children.flatMap((child) => family(Number(child)))]
  } catch {
    return []
  }
}

/** The most bytes that were resident at one time: of the process alone, and with its children, which share some of them. */
export type PeakMemory = { readonly own: number; readonly whole: number }

/** Looks at a process's memory twice a second until it is told to stop. */
export const watchMemory = (pid: number): { readonly stop: () => PeakMemory } => {
  let peak: PeakMemory = { own: 0, whole: 0 }
  const look = (): void => {
    const whole = family(pid).reduce((sum, one) => sum + residentBytes(one), 0)
    peak = { own: Math.max(peak.own, residentBytes(pid)), whole: Math.max(peak.whole, whole) }
  }
  const timer = setInterval(look, 500)
  return {
    stop: () => {
      clearInterval(timer)
      return peak
    },
  }
}
