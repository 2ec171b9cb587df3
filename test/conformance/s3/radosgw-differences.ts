import type { Difference } from '../place.ts'

/**
 * Where Ceph 16.2, which Debian 12 has and which is of 2021, behaves otherwise than S3. All of it came to S3 later, or
 * is a matter of how a mistake of the client is answered; none of it is in how bytes are kept or read.
 */
const noChecksums = 'Ceph 16.2 ignores SHA-256 headers, which S3 has since 2022'
const noConditionalWrites =
  'Ceph 16.2 writes unconditionally to a versioned bucket; S3 has conditional writes since 2024'

export const ofRadosgw: Readonly<Record<string, Difference>> = {
  'a body that is not what its SHA-256 says is not kept': {
    because: noChecksums,
    shows: /resolved .* instead of rejecting/,
  },
  'each part that is listed has the SHA-256 it came with, and the object that of them all': {
    because: noChecksums,
    shows: /expected \[\] to deeply equal/,
  },
  'a part without a SHA-256, or with another’s, is not taken': {
    because: noChecksums,
    shows: /resolved .* instead of rejecting/,
  },
  'a completion whose part has another SHA-256 is refused': {
    because: noChecksums,
    shows: /expected 'completed' to be 'refused'/,
  },
  'a part’s URL takes no other bytes of the same length': {
    because: noChecksums,
    shows: /expected '200' to be '400 BadDigest'/,
  },
  'a whole object’s URL has the object keep its SHA-256, and takes no other bytes': {
    because: noChecksums,
    shows: /expected '200' to be '400 BadDigest'/,
  },
  'a whole object’s URL makes an object where there is none, and takes no object’s place': {
    because: noConditionalWrites,
    shows: /expected '200' to be '412 PreconditionFailed'/,
  },
  'a completion does not take an object’s place': {
    because: noConditionalWrites,
    shows: /expected 'completed' to be 'gone'/,
  },
  'a completion sent once more finds the object made': {
    because: 'it answers a repeat with the object that it made before',
    shows: /expected 'completed' to be 'gone'/,
  },
  'a completion that names its parts out of order is refused': {
    because: 'it puts the parts in order itself',
    shows: /expected 'completed' to be 'refused'/,
  },
  'a completion of an upload given up finds it gone': {
    because: 'it takes what is missing for a completion under way, and says that it failed',
    shows: /completion is already in progress/,
  },
}
