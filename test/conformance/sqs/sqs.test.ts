import { afterAll, beforeAll, describe, vi } from 'vitest'
import { testBehaviours } from '../place.ts'
import { sqsBehaviours } from './behaviours.ts'
import { type QueueMaker, sqsPlaces } from './places.ts'

/** SQS as dumpline uses it: the functions send and delay, Lambda receives and deletes for them, an operator redrives. */
for (const place of sqsPlaces)
  describe.skipIf(place.isMissing())(`SQS at ${place.name}`, () => {
    let opened: QueueMaker & { readonly close: () => Promise<void> }
    beforeAll(async () => {
      opened = await place.open()
    })
    afterAll(async () => {
      await opened.close()
      vi.unstubAllEnvs()
    })
    testBehaviours(place, () => opened, sqsBehaviours)
  })
