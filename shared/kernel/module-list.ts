/** One entry of PsLoadedModuleList, as the list tells it. */
export type LoadedModule = {
  /** BaseDllName, for example `ntoskrnl.exe`; null when its buffer is not in the dump. */
  readonly name: string | null
  readonly path: string | null
  readonly base: bigint
  readonly size: number
  readonly timestamp: number | null
  readonly checksum: number | null
}
