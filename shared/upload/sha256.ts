/** Up to here bytes are hashed at once by what the platform has built in, which is fast; beyond, piece by piece. */
const atOnceBytes = 64 * 2 ** 20
const pieceBytes = 8 * 2 ** 20

/** The SHA-256 of some bytes, in base64 as S3 takes it. Rejects when they can no longer be read from their file. */
export const sha256Of = async (bytes: Blob): Promise<string> => {
  // A page that did not come over TLS has no `crypto.subtle`.
  if (bytes.size <= atOnceBytes && crypto.subtle !== undefined)
    return toBase64(new Uint8Array(await crypto.subtle.digest('SHA-256', await bytes.arrayBuffer())))
  const { sha256 } = await import('@noble/hashes/sha2.js')
  const state = sha256.create()
  for (let start = 0; start < bytes.size; start += pieceBytes)
    state.update(new Uint8Array(await bytes.slice(start, start + pieceBytes).arrayBuffer()))
  return toBase64(state.digest())
}

/**
 * The composite checksum that S3 gives an object made of parts ("Checking object integrity", S3 user guide): the SHA-256
 * of the parts' SHA-256 digests in their order, in base64, then `-` and the number of parts. Takes the digests in base64.
 * Two files with equal composites and equal parts have equal bytes.
 */
export const compositeSha256 = async (digests: readonly string[]): Promise<string> => {
  const joined = Uint8Array.from(digests.map((digest) => atob(digest)).join(''), (letter) => letter.charCodeAt(0))
  return `${await sha256Of(new Blob([joined]))}-${digests.length}`
}

const toBase64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes))
