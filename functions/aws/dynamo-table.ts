import { ConditionalCheckFailedException, type DynamoDBClient } from '@aws-sdk/client-dynamodb'
import {
  BatchGetCommand,
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  paginateQuery,
  QueryCommand,
  type QueryCommandInput,
} from '@aws-sdk/lib-dynamodb'
import type { Item, Table } from '../../shared/cases/table.ts'

/** The indexes behind `list` and `due` (infra/aws/storage.ts). */
const caseListIndex = 'case-list'
const dueIndex = 'due'

/** A batch of which DynamoDB reads nothing at all, being busy, is asked for again so often in a row. */
const mostBatchTries = 6

/** The table port over DynamoDB: plain gets, queries and conditional puts. */
export const dynamoTable = (client: DynamoDBClient, tableName: string): Table => {
  const documents = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } })
  const table = { TableName: tableName }

  /** The highest first, unless told otherwise; DynamoDB ends a page at 1 MB, whatever the limit. */
  const upTo = async (limit: number, query: Omit<QueryCommandInput, 'TableName'>): Promise<Item[]> => {
    const items: Item[] = []
    let start: QueryCommandInput['ExclusiveStartKey']
    do {
      const page = { Limit: limit - items.length, ExclusiveStartKey: start }
      const { Items, LastEvaluatedKey } = await documents.send(
        new QueryCommand({ ...table, ScanIndexForward: false, ...query, ...page }),
      )
      items.push(...((Items ?? []) as Item[]))
      start = LastEvaluatedKey
    } while (start !== undefined && items.length < limit)
    return items
  }

  /** False: what is stored did not meet the condition, and nothing was written. */
  const unlessRefused = async (writing: Promise<unknown>): Promise<boolean> => {
    try {
      await writing
      return true
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false
      throw error
    }
  }

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
      return unlessRefused(documents.send(new PutCommand({ ...table, Item: item, ...condition })))
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
    list: (listPk, below, limit) =>
      upTo(limit, {
        IndexName: caseListIndex,
        KeyConditionExpression: below === null ? 'listPk = :pk' : 'listPk = :pk AND listSk < :below',
        ExpressionAttributeValues: below === null ? { ':pk': listPk } : { ':pk': listPk, ':below': below },
      }),
    listUp: (listPk, above, limit) =>
      upTo(limit, {
        IndexName: caseListIndex,
        KeyConditionExpression: above === null ? 'listPk = :pk' : 'listPk = :pk AND listSk > :above',
        ExpressionAttributeValues: above === null ? { ':pk': listPk } : { ':pk': listPk, ':above': above },
        ScanIndexForward: true,
      }),
    page: (pk, below, limit) =>
      upTo(limit, {
        KeyConditionExpression: below === null ? 'pk = :pk' : 'pk = :pk AND sk < :below',
        ExpressionAttributeValues: below === null ? { ':pk': pk } : { ':pk': pk, ':below': below },
        ConsistentRead: true,
      }),
    getMany: async (keys) => {
      const items: Item[] = []
      let wanted = keys.map(({ pk, sk }) => ({ pk, sk }))
      // What is more than an answer holds (16 MB) is left for the next one: that it goes on is all that is asked.
      for (let inVain = 0; wanted.length > 0; ) {
        const answer = await documents.send(new BatchGetCommand({ RequestItems: { [tableName]: { Keys: wanted } } }))
        items.push(...((answer.Responses?.[tableName] ?? []) as Item[]))
        const left = (answer.UnprocessedKeys?.[tableName]?.Keys ?? []) as typeof wanted
        inVain = left.length < wanted.length ? 0 : inVain + 1
        wanted = left
        if (inVain === mostBatchTries) throw new Error('DynamoDB left a batch unread time and again.')
        if (inVain > 0) await new Promise((resolve) => setTimeout(resolve, 20 * 2 ** inVain))
      }
      return items
    },
    raise: (item) =>
      unlessRefused(
        documents.send(
          new PutCommand({
            ...table,
            Item: item,
            ConditionExpression: 'attribute_not_exists(pk) OR #revision < :revision',
            ExpressionAttributeNames: { '#revision': 'revision' },
            ExpressionAttributeValues: { ':revision': item.revision },
          }),
        ),
      ),
    remove: ({ pk, sk }, upToRevision) =>
      unlessRefused(
        documents.send(
          new DeleteCommand({
            ...table,
            Key: { pk, sk },
            ConditionExpression: 'attribute_not_exists(pk) OR #revision <= :revision',
            ExpressionAttributeNames: { '#revision': 'revision' },
            ExpressionAttributeValues: { ':revision': upToRevision },
          }),
        ),
      ),
  }
}
