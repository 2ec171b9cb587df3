import type { CaseStore } from '../../shared/cases/store.ts'
import type { TellEnd } from '../aws/announce-queue.ts'
import type { Backlog, SendShard, SendStage } from '../aws/stage-queues.ts'

/** What looking after an analysis takes from outside. */
export type AnalysisSweepPorts = {
  readonly store: (tenant: string) => CaseStore
  readonly send: SendStage
  readonly sendShard: SendShard
  readonly backlog: Backlog
  readonly tellEnd: TellEnd
  readonly now: () => Date
}
