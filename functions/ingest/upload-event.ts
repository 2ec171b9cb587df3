import { z } from 'zod'

/**
 * What S3 says when an object is complete (its event message structure, version 2). `versionId` is absent on buckets
 * without versions. Keys come URL-encoded, with `+` for a space.
 */
const CreatedObject = z.object({
  eventName: z.string(),
  s3: z.object({
    object: z.object({
      key: z.string(),
      size: z.number().int().nonnegative(),
      eTag: z.string(),
      versionId: z.string().optional(),
    }),
  }),
})

/** S3 sends one such message when a notification is set up. */
const TestEvent = z.object({ Event: z.literal('s3:TestEvent') })

const Notification = z.union([TestEvent, z.object({ Records: z.array(CreatedObject) })])

export type UploadedObject = {
  readonly key: string
  readonly bytes: number
  readonly etag: string
  readonly versionId: string | null
}

/** The objects a notification reports as created; none for S3's test message. Throws where it is neither. */
export const uploadedObjects = (body: string): UploadedObject[] => {
  const notification = Notification.parse(JSON.parse(body))
  if ('Event' in notification) return []
  return notification.Records.filter(({ eventName }) => /^(s3:)?ObjectCreated:/.test(eventName)).map(({ s3 }) => ({
    key: decodeURIComponent(s3.object.key.replaceAll('+', ' ')),
    bytes: s3.object.size,
    etag: s3.object.eTag.replace(/^"(.*)"$/, '$1'),
    versionId: s3.object.versionId ?? null,
  }))
}
