import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CreateTableCommand,
  DeleteTableCommand,
  type DynamoDBClient,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb'
import { vi } from 'vitest'
import { makeDynamoClient } from '../../../functions/aws/clients.ts'
import { dynamoTable } from '../../../functions/aws/dynamo-table.ts'
import { startDynamo } from '../../../infra/local/dynamodb/server.ts'
import type { Table } from '../../../shared/cases/table.ts'
import { memoryTable } from '../../cases/memory-table.ts'
import { awsName, withoutAws } from '../aws.ts'
import type { Place } from '../place.ts'
import { tableShape } from './table-shape.ts'

/** A table as the stack makes it, empty at first, through the functions' own client and adapter. */
export type OpenTable = { readonly table: Table }

const makeTable = async (client: DynamoDBClient, TableName: string): Promise<Table> => {
  await client.send(new CreateTableCommand({ TableName, ...tableShape }))
  await waitUntilTableExists({ client, maxWaitTime: 120, minDelay: 1 }, { TableName })
  return dynamoTable(client, TableName)
}

const openLocal = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dumpline-table-'))
  const credentials = { accessKeyId: 'key', secretAccessKey: 'secret' }
  const server = await startDynamo(folder, credentials)
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', server.origin)
  vi.stubEnv('AWS_REGION', 'us-east-1')
  vi.stubEnv('AWS_ACCESS_KEY_ID', credentials.accessKeyId)
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', credentials.secretAccessKey)
  const client = makeDynamoClient()
  const close = async (): Promise<void> => {
    client.destroy()
    await server.close()
    await rm(folder, { recursive: true, force: true })
  }
  return { table: await makeTable(client, 'cases'), close }
}

const openAws = async () => {
  const client = makeDynamoClient()
  const TableName = awsName()
  const close = async (): Promise<void> => {
    await client.send(new DeleteTableCommand({ TableName }))
    client.destroy()
  }
  return { table: await makeTable(client, TableName), close }
}

/** The table in memory is what the other tests use: it is held to the same promises. */
export const dynamoPlaces: readonly Place<OpenTable>[] = [
  {
    name: 'the table in memory',
    isMissing: () => false,
    open: async () => ({ table: memoryTable(), close: async () => undefined }),
    differences: {
      'refuses an item of more than 400 KB, and leaves the one that is there': {
        because: 'measuring each item would slow thousands of simulated runs',
        shows: /resolved "?true"? instead of rejecting/,
      },
    },
  },
  { name: 'the local endpoint', isMissing: () => false, open: openLocal, differences: {} },
  { name: 'AWS', isMissing: withoutAws, open: openAws, differences: {} },
]
