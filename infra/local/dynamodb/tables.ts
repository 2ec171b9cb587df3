import {
  CreateTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  type KeySchemaElement,
  ResourceNotFoundException,
  type TableDescription,
} from '@aws-sdk/client-dynamodb'
import type { TablePlan } from '../template/plan.ts'
import { TemplateError } from '../template/template.ts'

/**
 * Creates a table of the template, or finds the one an earlier start created. Throws when that one has other keys: its
 * items could not be read as the template now means them.
 */
export const ensureTable = async (client: DynamoDBClient, { name, properties }: TablePlan): Promise<void> => {
  const indexes = properties.GlobalSecondaryIndexes
  const existing = await describe(client, name)
  if (existing === undefined) {
    await client.send(
      new CreateTableCommand({
        TableName: name,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: properties.AttributeDefinitions,
        KeySchema: properties.KeySchema,
        ...(indexes.length > 0 && {
          GlobalSecondaryIndexes: indexes.map(({ IndexName, KeySchema, Projection }) => ({
            IndexName,
            KeySchema,
            Projection,
          })),
        }),
      }),
    )
    while ((await describe(client, name))?.TableStatus !== 'ACTIVE')
      await new Promise((resolve) => setTimeout(resolve, 10))
    return
  }
  const shape = (keys: readonly KeySchemaElement[] = []) => keys.map((key) => `${key.KeyType} ${key.AttributeName}`)
  const before = [
    ...shape(existing.KeySchema),
    ...(existing.GlobalSecondaryIndexes ?? [])
      .map((index) => [index.IndexName, ...shape(index.KeySchema)].join(' '))
      .sort(),
  ]
  const wanted = [
    ...shape(properties.KeySchema),
    ...indexes.map((index) => [index.IndexName, ...shape(index.KeySchema)].join(' ')).sort(),
  ]
  if (before.join() !== wanted.join())
    throw new TemplateError(
      `The table ${name} on disk has the keys ${before.join(', ')}, and the template wants ${wanted.join(', ')}. Start with another data folder, or delete this one.`,
    )
}

const describe = async (client: DynamoDBClient, name: string): Promise<TableDescription | undefined> => {
  try {
    return (await client.send(new DescribeTableCommand({ TableName: name }))).Table
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined
    throw error
  }
}
