/** DUMP_HEADER32 / DUMP_HEADER64, decoded. A field the writer left as filler (`PAGE`) is null. Addresses are unsigned. */
export type DumpHeader = {
  readonly bits: 32 | 64
  readonly build: number
  readonly machineImageType: number
  readonly directoryTableBase: bigint
  /** From PaeEnabled; null when not set or on 64-bit dumps. */
  readonly paeEnabled: boolean | null
  readonly psLoadedModuleList: bigint
  readonly psActiveProcessHead: bigint
  readonly pfnDataBase: bigint
  readonly kdDebuggerDataBlock: bigint | null
  readonly processors: number
  readonly bugcheckCode: number
  readonly bugcheckParameters: readonly bigint[]
  readonly dumpType: number | null
  /** The physical memory block's runs in PFNs, null when filler or implausible (`runsNote` then says why). */
  readonly runs: readonly { readonly basePage: number; readonly pageCount: number }[] | null
  readonly runsNote: string | null
  readonly attributes: number | null
  readonly requiredDumpSpace: bigint | null
  /** FILETIME, 100 ns since 1601. */
  readonly systemTime: bigint | null
  /** 100 ns units. */
  readonly systemUpTime: bigint | null
  readonly comment: string | null
  readonly productType: number | null
  readonly suiteMask: number | null
}
