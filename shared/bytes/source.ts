/**
 * A dump's bytes, wherever they are: a file, a buffer, an S3 object. The engine reads through this and nothing else.
 */
export interface ByteSource {
  /** Size in bytes. */
  readonly size: number
  /**
   * Exactly `length` bytes from `offset`. The caller must not change them: a cache may own them.
   * Rejects with a `TaggedError` tagged `short-read` when the range reaches past the end or fewer bytes arrive;
   * an absent byte is never returned as zero.
   */
  read(offset: number, length: number): Promise<Uint8Array>
}
