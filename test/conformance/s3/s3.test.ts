import { afterAll, beforeAll, describe, vi } from 'vitest'
import { testBehaviours } from '../place.ts'
import { eventBehaviours } from './events.ts'
import { objectBehaviours } from './objects.ts'
import type { OpenBucket } from './open-bucket.ts'
import { s3Places } from './places.ts'
import { signedUrlBehaviours } from './signed-urls.ts'
import { uploadBehaviours } from './uploads.ts'

/** S3 as dumpline uses it: through the functions' own client and adapters, and by presigned URLs as browsers do. */
for (const place of s3Places)
  describe.skipIf(place.isMissing())(`S3 at ${place.name}`, () => {
    let opened: OpenBucket & { readonly close: () => Promise<void> }
    beforeAll(async () => {
      opened = await place.open()
    })
    afterAll(async () => {
      await opened.close()
      vi.unstubAllEnvs()
    })
    testBehaviours(place, () => opened, [
      ...objectBehaviours,
      ...uploadBehaviours,
      ...signedUrlBehaviours,
      ...(place.reports ? eventBehaviours(() => opened.arrivals!) : []),
    ])
  })
