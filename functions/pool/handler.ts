import { awsStageHandler } from '../aws/wiring.ts'
import { poolJob } from './stage.ts'

export const handler = awsStageHandler((ports) => poolJob(ports))
