import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { BatchWriteCommand, DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import dynalite from 'dynalite'
import { dynamoTable } from '../../functions/aws/dynamo-table.ts'
import type { CaseQuery } from '../../shared/cases/search/case-query.ts'
import { mostReads } from '../../shared/cases/search/search.ts'
import { caseStore } from '../../shared/cases/store.ts'
import { countingTable, insertAll, manyCases } from '../cases/many-cases.ts'
import { memoryTable } from '../cases/memory-table.ts'
import { tableShape } from '../conformance/dynamodb/table-shape.ts'

/**
 * `npm run bench:case-search [CASES]`: searches over a table on disk, in the time and the requests of one call each. Ends
 * with status 1 if one took 200 ms in the median or made more requests than a search may.
 */
const count = Number(process.argv[2] ?? 10_000)
const mostMs = 200
const folder = mkdtempSync(join(tmpdir(), 'dumpline-case-search-'))
const server = dynalite({ path: folder, createTableMs: 0, deleteTableMs: 0 })
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const client = new DynamoDBClient({
  region: 'eu-west-1',
  endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
})

const records = manyCases(count)
const byDriver = Map.groupBy(records, ({ driver }) => driver)
/** A case whose driver no other has. */
const rare = records.find(({ driver }) => driver !== null && byDriver.get(driver)?.length === 1) ?? records[0]

const queries: [string, CaseQuery][] = [
  ['all, newest first', {}],
  ['open', { state: 'open' }],
  ['waiting', { status: ['empty', 'uploading', 'analysing'] }],
  ['culprit found, open', { verdict: ['culprit'], state: 'open' }],
  ['a common driver', { driver: 'drv0.sys' }],
  ['a driver that one has', { driver: rare.driver ?? '' }],
  ['a customer and a driver', { customer: 'Contoso', driver: 'drv2.sys' }],
  ['mine, open', { assignee: 'anna', state: 'open' }],
  ['one host', { host: 'srv-77' }],
  ['a month of a customer', { customer: 'Fabrikam', from: '2025-03-01', to: '2025-03-31' }],
  ['a word that all have', { text: 'server' }],
  ['words that one has', { text: `server ${rare.host} ${rare.driver}` }],
  ['two long lists with little in common', { customer: 'Adatum', driver: 'drv0.sys' }],
]

try {
  await client.send(new CreateTableCommand({ TableName: 'cases', ...tableShape }))
  const { table, requests } = countingTable(dynamoTable(client, 'cases'))
  const store = caseStore(table, 'default')
  // What the write path makes of the cases, written at one go.
  const seeded = memoryTable()
  const writes = countingTable(seeded)
  await insertAll(caseStore(writes.table, 'default'), records)
  const items = [...seeded.items.values()]
  console.log(
    `${count} cases are ${items.length} items, made by ${(writes.requests.length / count).toFixed(1)} requests each.`,
  )
  const documents = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } })
  for (let at = 0; at < items.length; at += 25) {
    const puts = items.slice(at, at + 25).map((Item) => ({ PutRequest: { Item } }))
    await documents.send(new BatchWriteCommand({ RequestItems: { cases: puts } }))
  }
  console.log()
  console.log('| search | found | requests | first, ms | median of 9, ms |\n|---|---:|---:|---:|---:|')
  for (const [name, query] of queries) {
    const times: number[] = []
    let found = 0
    for (let round = 0; round < 10; round++) {
      requests.length = 0
      const start = performance.now()
      found = (await store.search(query, { limit: 50, cursor: null })).cases.length
      times.push(performance.now() - start)
    }
    const [first, ...rest] = times
    const median = rest.sort((a, b) => a - b)[4]
    console.log(`| ${name} | ${found} | ${requests.length} | ${first.toFixed(0)} | ${median.toFixed(0)} |`)
    if (median < mostMs && requests.length <= mostReads) continue
    process.exitCode = 1
    console.log(`WRONG: “${name}” may take ${mostMs} ms and ${mostReads} requests.`)
  }
} finally {
  server.close()
  client.destroy()
  rmSync(folder, { recursive: true })
}
