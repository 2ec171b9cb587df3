/** How a dump is packed inside its archive. Each way has its own speed, and so its own limit (limits.ts). */
export type Coder = 'stored' | 'deflate' | 'deflate64' | 'zstd' | 'mszip'

/** The one dump of an archive. */
export type PackedDump = {
  readonly coder: Coder
  /** What the archive says that the dump's size is, which may be a lie; null where it does not say. */
  readonly declaredBytes: number | null
  /**
   * The dump's bytes from the first on, once. Throws a `TaggedError` as soon as the archive turns out to be damaged; that
   * sizes and check sums are right is known at the end only.
   */
  readonly chunks: () => AsyncGenerator<Uint8Array, void>
}
