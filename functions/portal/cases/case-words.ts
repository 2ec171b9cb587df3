import type { CaseRecord, CaseStatus } from '../../../shared/cases/records.ts'
import { type Tone, verdictOrPending } from '../verdict/verdict-words.ts'

type Words = { readonly label: string; readonly tone: Tone; readonly sentence: string }

const wordsOf: Record<Exclude<CaseStatus, 'done'>, Words> = {
  empty: { label: 'No dump yet', tone: 'neutral', sentence: 'Waiting for a dump.' },
  uploading: { label: 'Uploading', tone: 'busy', sentence: 'A dump is being uploaded.' },
  analysing: { label: 'Analysing', tone: 'busy', sentence: 'Waiting for the analysis to end.' },
  failed: { label: 'Analysis failed', tone: 'caution', sentence: 'The analysis failed; its stages say why.' },
}

/** A case in a list: what its newest analysis found, or how far it is. */
export const caseWords = ({ verdict, headline, status }: CaseRecord): Words => {
  const isUnderWay = status === 'analysing' || status === 'failed' || verdict === null
  if (isUnderWay && status !== undefined && status !== 'done')
    return headline === null ? wordsOf[status] : { ...wordsOf[status], sentence: headline }
  return { ...verdictOrPending(verdict), sentence: headline ?? 'Waiting for a dump, or for its analysis to end.' }
}

/** Whether a case waits for something that comes by itself. */
export const isWaiting = ({ verdict, status }: CaseRecord): boolean =>
  status === 'analysing' || (verdict === null && status !== 'failed')
