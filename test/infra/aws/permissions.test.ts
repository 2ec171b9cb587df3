import { expect, test } from 'vitest'
import { grantsOf, makeTemplate, resourcesOf } from './synthesise.ts'

/** Functions that reach no dump and run outside the isolated subnets. */
const outside = ['token-claims', 'announce', 'webhooks']

/** Everything each function may do. A grant more or less than these is a decision, to be made here as well. */
const template = makeTemplate()

const records = ['GetItem', 'PutItem', 'DeleteItem', 'Query'].map((action) => `dynamodb:${action} StorageCases`)
const logs = (id: string) => [`logs:CreateLogStream ${id}Logs`, `logs:PutLogEvents ${id}Logs`]
const lanesOf = (stage: string) =>
  stage === 'Ingest' ? ['Ingest'] : ['Interactive', 'Normal', 'Reprocessing'].map((lane) => `${stage}${lane}`)
const may = (actions: string[], stages: string[]) =>
  actions.flatMap((action) => stages.flatMap(lanesOf).map((queue) => `sqs:${action} Pipeline${queue}Queue`))
const allStages = ['Ingest', 'Unpack', 'Header', 'Pool', 'Scan', 'Imports', 'Verdict']
const receive = (stage: string) =>
  may(['ChangeMessageVisibility', 'DeleteMessage', 'GetQueueAttributes', 'GetQueueUrl', 'ReceiveMessage'], [stage])
const receiveFrom = (queue: string) =>
  ['ChangeMessageVisibility', 'DeleteMessage', 'GetQueueAttributes', 'GetQueueUrl', 'ReceiveMessage'].map(
    (action) => `sqs:${action} ${queue}`,
  )
const tellEnd = 'sqs:SendMessage AnnouncementsAnnounceQueue'
const send = (...stages: string[]) => may(['SendMessage'], stages)
const readUploads = ['s3:GetObjectVersion StorageDumps/dumps/*']
const readDumps = [...readUploads, 's3:GetObjectVersion StorageDumps/unpacked/*']
/** Lambda puts the function into the subnets; its own code may not touch the network. */
const placed = ['Assign', 'Unassign']
  .map((what) => `ec2:${what}PrivateIpAddresses *`)
  .concat(['Create', 'Delete'].map((what) => `ec2:${what}NetworkInterface *`))
  .concat(['NetworkInterfaces', 'Subnets'].map((what) => `ec2:Describe${what} *`))
  .flatMap((grant) => [grant, `not its code: ${grant}`])
/** What the function that calls addresses of people's typing may read and write: nothing of a case. */
const webhookPartitions = ['tenant#*#webhooks', 'tenant#*#webhook#*']
const results = ['s3:GetObject StorageDumps/results/*', 's3:PutObject StorageDumps/results/*']

test.each<[string, string[]]>([
  [
    'ingest',
    [
      ...logs('PipelineIngest'),
      ...records,
      's3:GetObject StorageDumps/dumps/*',
      ...readUploads,
      's3:ListBucket StorageDumps',
      ...receive('Ingest'),
      ...send('Unpack', 'Header'),
    ],
  ],
  [
    'unpack',
    [
      ...logs('PipelineUnpack'),
      ...records,
      ...readUploads,
      's3:AbortMultipartUpload StorageDumps/unpacked/*',
      's3:GetObject StorageDumps/unpacked/*',
      's3:ListMultipartUploadParts StorageDumps/unpacked/*',
      's3:PutObject StorageDumps/unpacked/*',
      's3:ListBucket StorageDumps',
      's3:PutObject StorageDumps/results/*',
      ...receive('Unpack'),
      ...send('Unpack', 'Header'),
      tellEnd,
    ],
  ],
  [
    'header',
    [
      ...logs('PipelineHeader'),
      ...records,
      ...readDumps,
      ...results,
      ...receive('Header'),
      ...send('Pool', 'Imports', 'Verdict'),
      tellEnd,
    ],
  ],
  [
    'pool',
    [
      ...logs('PipelinePool'),
      ...records,
      ...readDumps,
      ...results,
      ...receive('Pool'),
      ...send('Pool', 'Scan', 'Imports', 'Verdict'),
    ],
  ],
  ['scan', [...logs('PipelineScan'), ...records, ...readDumps, ...results, ...receive('Scan'), ...send('Pool')]],
  [
    'imports',
    [...logs('PipelineImports'), ...records, ...readDumps, ...results, ...receive('Imports'), ...send('Verdict')],
  ],
  ['verdict', [...logs('PipelineVerdict'), ...records, ...results, ...receive('Verdict'), ...send('Header'), tellEnd]],
  [
    'retention',
    [
      ...logs('Retention'),
      ...records,
      'dynamodb:Query StorageCases/index/due',
      ...['dumps', 'unpacked'].flatMap((prefix) => [
        `s3:DeleteObject StorageDumps/${prefix}/*`,
        `s3:DeleteObjectVersion StorageDumps/${prefix}/*`,
      ]),
      's3:DeleteObject StorageDumps/results/*',
      's3:ListBucket StorageDumps',
    ],
  ],
  [
    'sweep',
    [
      ...logs('PipelineSweep'),
      ...records,
      'dynamodb:Query StorageCases/index/due',
      's3:AbortMultipartUpload StorageDumps/dumps/*',
      's3:GetObject StorageDumps/dumps/*',
      ...readUploads,
      's3:ListBucket StorageDumps',
      ...may(['GetQueueAttributes', 'SendMessage'], ['Unpack', 'Header', 'Pool', 'Scan', 'Imports', 'Verdict']),
      tellEnd,
    ],
  ],
  [
    'announce',
    [
      ...logs('AnnouncementsAnnounce'),
      ...['GetItem', 'PutItem', 'Query'].map((action) => `dynamodb:${action} StorageCases`),
      'events:PutEvents AnnouncementsBus',
      ...receiveFrom('AnnouncementsAnnounceQueue'),
      'sqs:SendMessage AnnouncementsWebhooksQueue',
    ],
  ],
  [
    'webhooks',
    [
      ...logs('AnnouncementsWebhooks'),
      ...['GetItem', 'PutItem'].flatMap((action) =>
        webhookPartitions.map((partition) => `dynamodb:${action} StorageCases in ${partition}`),
      ),
      ...receiveFrom('AnnouncementsWebhooksQueue'),
    ],
  ],
  ['token-claims', [...logs('IdentityPeopleTokenClaims')]],
  [
    'api',
    [
      ...logs('Api'),
      ...records,
      'dynamodb:BatchGetItem StorageCases',
      'dynamodb:Query StorageCases/index/case-list',
      's3:AbortMultipartUpload StorageDumps/dumps/*',
      's3:GetObject StorageDumps/dumps/*',
      ...readDumps,
      's3:ListMultipartUploadParts StorageDumps/dumps/*',
      's3:PutObject StorageDumps/dumps/*',
      's3:GetObject StorageDumps/results/*',
      's3:GetObject StorageDumps/handed-out/*',
      's3:PutObject StorageDumps/handed-out/*',
      's3:ListBucket StorageDumps',
      ...may(['GetQueueAttributes', 'SendMessage'], allStages),
      ...['ReprocessingQueue', 'AnnouncementsAnnounceQueue', 'AnnouncementsWebhooksQueue'].flatMap((queue) => [
        `sqs:GetQueueAttributes ${queue}`,
        `sqs:SendMessage ${queue}`,
      ]),
      ...[
        'DeleteMessage',
        'GetQueueAttributes',
        'ListMessageMoveTasks',
        'ReceiveMessage',
        'StartMessageMoveTask',
      ].flatMap((action) => [
        ...allStages.map((stage) => `sqs:${action} Pipeline${stage}DeadLetters`),
        `sqs:${action} ReprocessingDeadLetters`,
        `sqs:${action} AnnouncementsAnnounceDeadLetters`,
        `sqs:${action} AnnouncementsWebhooksDeadLetters`,
      ]),
    ],
  ],
  [
    'reprocess',
    [
      ...logs('ReprocessingReprocess'),
      ...records,
      'dynamodb:BatchGetItem StorageCases',
      'dynamodb:Query StorageCases/index/case-list',
      'dynamodb:Query StorageCases/index/due',
      's3:GetObject StorageDumps/dumps/*',
      's3:GetObject StorageDumps/results/*',
      's3:GetObject StorageDumps/unpacked/*',
      's3:ListBucket StorageDumps',
      ...receiveFrom('ReprocessingQueue'),
      'sqs:SendMessage ReprocessingQueue',
      ...['Unpack', 'Header', 'Pool', 'Imports', 'Verdict'].map(
        (stage) => `sqs:SendMessage Pipeline${stage}ReprocessingQueue`,
      ),
    ],
  ],
])('%s may do what it must and nothing else', (folder, grants) => {
  const all = outside.includes(folder) ? grants : [...grants, ...placed]
  expect(grantsOf(template, folder)).toEqual(all.sort())
})

test('every function has a role of its own', () => {
  const functions = Object.values(resourcesOf(template, 'AWS::Lambda::Function'))
  const roles = new Set(functions.map(({ Properties }) => JSON.stringify(Properties.Role)))
  expect(functions).toHaveLength(14)
  expect(roles.size).toBe(14)
  // One more writes the log of refused connections.
  expect(Object.keys(resourcesOf(template, 'AWS::IAM::Role'))).toHaveLength(15)
})
