import { ConditionalCheckFailedException, type DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, GetCommand, PutCommand, paginateQuery, QueryCommand } from '@aws-sdk/lib-dynamodb'
import type { Item, Table } from '../../shared/cases/table.ts'

/** The indexes behind `list` and `due` (infra/aws/storage.ts). */
const caseListIndex = 'case-list'
const dueIndex = 'due'

/** The table port over DynamoDB: plain gets, queries and conditional puts. */
export const dynamoTable = (client: DynamoDBClient, tableName: string): Table => {
  const documents = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } })
  const table = { TableName: tableName }
  return {
    get: async ({ pk, sk }) => {
      const { Item } = await documents.send(new GetCommand({ ...table, Key: { pk, sk }, ConsistentRead: true }))
      return (Item as Item | undefined) ?? null
    },
    put: async (item, expected) => {
      const condition =
        expected === null
          ? { ConditionExpression: 'attribute_not_exists(pk)' }
          : {
              ConditionExpression: '#revision = :expected',
              ExpressionAttributeNames: { '#revision': 'revision' },
              ExpressionAttributeValues: { ':expected': expected },
            }
      try {
        await documents.send(new PutCommand({ ...table, Item: item, ...condition }))
        return true
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false
        throw error
      }
    },
    query: async (pk, skPrefix) => {
      const items: Item[] = []
      const pages = paginateQuery(
        { client: documents },
        {
          ...table,
          ...(skPrefix === undefined
            ? { KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': pk } }
            : {
                KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
                ExpressionAttributeValues: { ':pk': pk, ':prefix': skPrefix },
              }),
          ConsistentRead: true,
        },
      )
      for await (const page of pages) items.push(...((page.Items ?? []) as Item[]))
      return items
    },
    due: async (duePk, until, limit) => {
      const { Items } = await documents.send(
        new QueryCommand({
          ...table,
          IndexName: dueIndex,
          KeyConditionExpression: 'duePk = :duePk AND dueSk <= :until',
          ExpressionAttributeValues: { ':duePk': duePk, ':until': until },
          Limit: limit,
        }),
      )
      return (Items ?? []).map(({ pk, sk }) => ({ pk, sk }))
    },
    list: async (listPk, limit, after) => {
      const { Items } = await documents.send(
        new QueryCommand({
          ...table,
          IndexName: caseListIndex,
          KeyConditionExpression: 'listPk = :listPk',
          ExpressionAttributeValues: { ':listPk': listPk },
          ScanIndexForward: false,
          Limit: limit,
          ExclusiveStartKey: after ?? undefined,
        }),
      )
      return (Items ?? []) as Item[]
    },
  }
}
