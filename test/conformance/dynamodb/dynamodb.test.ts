import { afterAll, beforeAll, describe, vi } from 'vitest'
import { testBehaviours } from '../place.ts'
import { dynamoBehaviours } from './behaviours.ts'
import { dynamoPlaces, type OpenTable } from './places.ts'

/** DynamoDB as dumpline uses it: the promises of the table port, kept by each of its implementations. */
for (const place of dynamoPlaces)
  describe.skipIf(place.isMissing())(`DynamoDB: ${place.name}`, () => {
    let opened: OpenTable & { readonly close: () => Promise<void> }
    beforeAll(async () => {
      opened = await place.open()
    })
    afterAll(async () => {
      await opened.close()
      vi.unstubAllEnvs()
    })
    testBehaviours(place, () => opened, dynamoBehaviours)
  })
