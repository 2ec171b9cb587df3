import { awsStageHandler } from '../aws/wiring.ts'
import { headerJob } from './stage.ts'

export const handler = awsStageHandler(headerJob)
