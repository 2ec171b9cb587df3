import { type AnalysisId, analysisKey } from '../../../shared/cases/object-keys.ts'
import { type Documents, NoSuchDocument } from '../../aws/documents.ts'
import { gone } from '../problem.ts'

/**
 * What is read of a finished analysis. It was stored before it was called finished, and only its retention deletes it:
 * one that is not there has ended, with a `ProblemError` (410).
 */
const orDeleted = async <T>(reading: Promise<T>): Promise<T> => {
  try {
    return await reading
  } catch (error) {
    if (error instanceof NoSuchDocument)
      throw gone('results-deleted', 'What this analysis found was deleted, because its time was over.')
    throw error
  }
}

/** The JSON of an `Analysis`. */
export const readAnalysis = (documents: Documents, id: AnalysisId): Promise<string> =>
  orDeleted(documents.read(analysisKey(id)))

/** Its bytes as stored. */
export const analysisBytes = (documents: Documents, id: AnalysisId): Promise<number> =>
  orDeleted(documents.size(analysisKey(id)))
