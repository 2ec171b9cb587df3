/**
 * The composite checksum that S3 gives an object made of parts ("Checking object integrity", S3 user guide): the SHA-256
 * of the parts' SHA-256 digests in their order, in base64, then `-` and the number of parts. Takes the digests in base64.
 * Two files with equal composites and equal parts have equal bytes.
 */
export const compositeSha256 = async (digests: readonly string[]): Promise<string> => {
  const joined = Uint8Array.from(digests.map((digest) => atob(digest)).join(''), (letter) => letter.charCodeAt(0))
  return `${toBase64(new Uint8Array(await crypto.subtle.digest('SHA-256', joined)))}-${digests.length}`
}

export const toBase64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes))
