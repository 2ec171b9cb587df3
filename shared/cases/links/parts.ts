/** How a file is cut for a multipart upload: equal parts, the last one shorter. */
export type PartPlan = { readonly bytes: number; readonly partBytes: number; readonly parts: number }

const mebibyte = 2 ** 20
const smallestPart = 8 * mebibyte
/** S3's limit. */
const mostParts = 10_000

/** Parts as small as a slow line likes them, as large as 10,000 of them must be, in whole mebibytes. */
export const planParts = (bytes: number): PartPlan => {
  const needed = Math.ceil(bytes / mostParts / mebibyte) * mebibyte
  const partBytes = Math.max(smallestPart, needed)
  return { bytes, partBytes, parts: Math.max(1, Math.ceil(bytes / partBytes)) }
}

/** Bytes of one part, numbered from 1; null when the plan has no such part. An empty file has one empty part. */
export const partLength = ({ bytes, partBytes, parts }: PartPlan, partNumber: number): number | null => {
  if (!Number.isInteger(partNumber) || partNumber < 1 || partNumber > parts) return null
  return Math.min(partBytes, bytes - (partNumber - 1) * partBytes)
}
