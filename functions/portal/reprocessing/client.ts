import type { BatchAction } from '../../../shared/cases/batches/batch-transitions.ts'
import type {
  BatchItems,
  BatchList,
  BatchView,
  CreateBatch,
  ItemFilter,
} from '../../../shared/cases/batches/reprocessing-api.ts'
import { errorFromAnswer } from '../api/api-error.ts'
import { call, create, path, request } from '../api/client.ts'

export const listBatches = (signal: AbortSignal): Promise<BatchList> => call(path('reprocessing'), { signal })

export const getBatch = (batchId: string, signal: AbortSignal): Promise<BatchView> =>
  call(path('reprocessing', batchId), { signal })

export const createBatch = (body: CreateBatch): Promise<BatchView> => create(path('reprocessing'), { body })

export const actOnBatch = (batchId: string, action: BatchAction): Promise<BatchView> =>
  call(path('reprocessing', batchId, action), { method: 'POST' })

export const listItems = (
  batchId: string,
  show: ItemFilter,
  cursor: string | null,
  signal: AbortSignal,
): Promise<BatchItems> => {
  const query = new URLSearchParams({ show, limit: '50', ...(cursor === null ? {} : { cursor }) })
  return call(`${path('reprocessing', batchId, 'items')}?${query}`, { signal })
}

export const exportBatch = async (batchId: string, format: 'csv' | 'json'): Promise<string> => {
  const response = await request(`${path('reprocessing', batchId, 'export')}?format=${format}`, {})
  if (!response.ok) throw errorFromAnswer(response.status, await response.json().catch(() => undefined))
  return response.text()
}
