import { randomBytes } from 'node:crypto'
import { region } from '../template/template.ts'

/** An object that has just become complete. */
export type CreatedObject = {
  readonly bucket: string
  readonly key: string
  readonly size: number
  readonly etag: string
  /** Null in a bucket without versioning. */
  readonly versionId: string | null
  /** Grows with every object of the stack. */
  readonly sequence: number
  readonly cause: 'Put' | 'CompleteMultipartUpload'
  /** Milliseconds. */
  readonly at: number
}

/** A queue configuration of the bucket's `NotificationConfiguration` in the template. */
export type Notification = {
  readonly Event: string
  readonly Queue: string
  readonly Filter?: { readonly S3Key: { readonly Rules: readonly { readonly Name: string; readonly Value: string }[] } }
}

/** Whether a created object is one the configuration asks for: `s3:ObjectCreated:*` or one cause, prefix and suffix. */
export const wants = (notification: Notification, object: CreatedObject): boolean => {
  const [, type, cause] = notification.Event.split(':')
  if (type !== 'ObjectCreated' || (cause !== '*' && cause !== object.cause)) return false
  return (notification.Filter?.S3Key.Rules ?? []).every(({ Name, Value }) =>
    Name.toLowerCase() === 'prefix' ? object.key.startsWith(Value) : object.key.endsWith(Value),
  )
}

/** The message S3 sends: "Event message structure", version 2.1. The key is encoded as in a form. */
export const createdEvent = (object: CreatedObject): unknown => ({
  Records: [
    {
      eventVersion: '2.1',
      eventSource: 'aws:s3',
      awsRegion: region,
      eventTime: new Date(object.at).toISOString(),
      eventName: `ObjectCreated:${object.cause}`,
      userIdentity: { principalId: 'local' },
      requestParameters: { sourceIPAddress: '127.0.0.1' },
      responseElements: {
        'x-amz-request-id': randomBytes(8).toString('hex').toUpperCase(),
        'x-amz-id-2': randomBytes(24).toString('base64'),
      },
      s3: {
        s3SchemaVersion: '1.0',
        configurationId: 'local',
        bucket: {
          name: object.bucket,
          ownerIdentity: { principalId: 'local' },
          arn: `arn:aws:s3:::${object.bucket}`,
        },
        object: {
          key: encodeURIComponent(object.key).replaceAll('%20', '+').replaceAll('%2F', '/'),
          size: object.size,
          eTag: object.etag,
          ...(object.versionId !== null && { versionId: object.versionId }),
          sequencer: object.sequence.toString(16).toUpperCase().padStart(18, '0'),
        },
      },
    },
  ],
})
