import { type Container, writeContainer } from '../container/container.ts'
import type { Dump } from '../container/dump.ts'
import { storedRuns } from '../container/stored-pages.ts'
import type { Machine } from './machine.ts'
import { triageOf } from './triage.ts'

/** A machine's dump in a container. One machine can be dumped many times. */
export const dumpOf = (machine: Machine, container: Container): Dump =>
  writeContainer(container, {
    facts: machine.facts,
    runs: storedRuns(machine.physical, machine.holes.left),
    triage: () => triageOf(machine),
  })
