import type { RetentionPolicy } from '../../shared/cases/life/retention.ts'
import { environment } from './environment.ts'

/** The periods that the stack was deployed with. */
export const retentionPolicy = (): RetentionPolicy => ({
  dumpDays: Number(environment('DUMP_RETENTION_DAYS')),
  resultDays: Number(environment('RESULT_RETENTION_DAYS')),
})
