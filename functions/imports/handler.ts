import { awsStageHandler } from '../aws/wiring.ts'
import { importsJob } from './stage.ts'

export const handler = awsStageHandler(importsJob)
