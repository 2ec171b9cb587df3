import { awsStageHandler } from '../aws/wiring.ts'
import { verdictJob } from './stage.ts'

export const handler = awsStageHandler(verdictJob)
