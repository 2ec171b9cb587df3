/** A setting the infrastructure gives every function (infra/aws/pipeline.ts, api.ts). Throws where it is missing. */
export const environment = (name: string): string => {
  const value = process.env[name]
  if (value === undefined || value === '') throw new Error(`The environment variable ${name} is not set.`)
  return value
}
