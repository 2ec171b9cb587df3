/** A PE image as its headers in memory describe it. RVAs are offsets from `base`. */
export type Image = {
  readonly base: bigint
  readonly pe32Plus: boolean
  readonly machine: number
  /** Flags of the file header; 2: the file is an image, not an object. */
  readonly characteristics: number
  /** 1: native, that is without a user-mode subsystem, as all drivers are. */
  readonly subsystem: number
  readonly timestamp: number
  readonly checksum: number
  readonly sizeOfImage: number
  readonly sizeOfHeaders: number
  readonly sections: readonly Section[]
  /** The 16 data directories; an absent one is { rva: 0, size: 0 }. */
  readonly directories: readonly Directory[]
}

export type Section = {
  readonly name: string
  readonly rva: number
  readonly virtualSize: number
  readonly discardable: boolean
  readonly executable: boolean
  readonly writable: boolean
}

export type Directory = { readonly rva: number; readonly size: number }

/** Indices into `directories` (PE specification). */
export const directoryIndex = { export: 0, import: 1, resource: 2, debug: 6, iat: 12, delayImport: 13 } as const

/** One export. `forwarder` is `MODULE.Name` when it forwards; otherwise `rva` is where it lives. */
export type Export = {
  readonly name: string | null
  readonly ordinal: number
  readonly rva: number
  readonly forwarder: string | null
}
