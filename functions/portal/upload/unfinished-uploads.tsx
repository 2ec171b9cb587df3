import { formatBytes } from '../format/size.ts'
import { formatTimestamp } from '../format/time.ts'
import { Untrusted } from '../format/untrusted.tsx'
import { Notice } from '../notice.tsx'
import { rememberedUploads } from './upload-memory.ts'

/** Says which uploads this browser has begun and not finished: choosing the same file goes on with it. */
export const UnfinishedUploads = ({ destination }: { readonly destination: string }) => {
  const uploads = rememberedUploads(destination)
  if (uploads.length === 0) return null
  return (
    <Notice tone="neutral" title={uploads.length === 1 ? 'An upload was not finished' : 'Uploads were not finished'}>
      <ul>
        {uploads.map(({ upload, fileName, bytes, rememberedAt }) => (
          <li key={upload.uploadId}>
            <Untrusted text={fileName} /> ({formatBytes(bytes)}), begun{' '}
            {formatTimestamp(new Date(rememberedAt).toISOString())}
          </li>
        ))}
      </ul>
      <p>Choose the same file again to go on: what has arrived is compared with it, and only the rest is sent.</p>
    </Notice>
  )
}
