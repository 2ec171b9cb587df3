/**
 * What each function gets and how its queue behaves: the one place these numbers stand.
 *
 * The timeout contract (held by a test): an inner layer gives up before the layer around it. Lambda's timeout stays
 * below a sixth of its queue's visibility, so that a message never comes back while its first worker may still run
 * (AWS's rule for SQS event sources), and the API answers before API Gateway's 30 seconds are over.
 */
export type QueueSettings = {
  /** Messages a worker is given at once. Heavy stages take one: a retry then repeats one dump's work and no other's. */
  readonly batchSize: number
  readonly visibilitySeconds: number
}

export type FunctionSettings = { readonly memoryMb: number; readonly timeoutSeconds: number }

export const queueFedFunctions = ['ingest', 'header', 'pool', 'imports', 'verdict'] as const
export type QueueFedFunction = (typeof queueFedFunctions)[number]

/** 1,769 MB is one full vCPU; new accounts get at most 3,008 MB. */
export const functionSettings: Record<QueueFedFunction | 'api', FunctionSettings> = {
  api: { memoryMb: 512, timeoutSeconds: 25 },
  ingest: { memoryMb: 512, timeoutSeconds: 30 },
  header: { memoryMb: 1769, timeoutSeconds: 120 },
  pool: { memoryMb: 3008, timeoutSeconds: 900 },
  imports: { memoryMb: 1769, timeoutSeconds: 600 },
  verdict: { memoryMb: 1769, timeoutSeconds: 60 },
}

export const queueSettings: Record<QueueFedFunction, QueueSettings> = {
  ingest: { batchSize: 10, visibilitySeconds: 180 },
  header: { batchSize: 1, visibilitySeconds: 720 },
  pool: { batchSize: 1, visibilitySeconds: 5400 },
  imports: { batchSize: 1, visibilitySeconds: 3600 },
  verdict: { batchSize: 1, visibilitySeconds: 360 },
}

/** After this many receives a message goes to its dead-letter queue. */
export const maxReceiveCount = 5

/** API Gateway's HTTP APIs give an integration at most this long. */
export const apiGatewayTimeoutSeconds = 30
