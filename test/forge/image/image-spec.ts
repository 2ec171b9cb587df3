import type { Va, Width } from '../words.ts'
import type { ImportGroup } from './import-table.ts'

/** A part of a section that the image builder writes itself. */
export type Part = 'code' | 'iat' | 'debug' | 'exports' | 'imports' | 'variables'

export type SectionSpec = {
  readonly name: string
  readonly flags: number
  /** Bytes of code, variables or filler besides the tables in `holds`. */
  readonly bytes: number
  readonly holds: readonly Part[]
  /** Where the section must begin, when the scenario says. */
  readonly rva?: number
}

/** Calls to place in the first code section: how often which import is called, and with which tags. */
export type CallPlan = { readonly image: string; readonly name: string; readonly tags: readonly (number | null)[] }

export type ImageSpec = {
  readonly name: string
  readonly path: string
  readonly base: Va
  readonly width: Width
  /** IMAGE_FILE_MACHINE. */
  readonly machine: number
  readonly alignment: number
  readonly timestamp: number
  readonly checksum: number
  readonly pdb: { readonly path: string; readonly age: number }
  readonly osMajor: number
  readonly osMinor: number
  readonly sections: readonly SectionSpec[]
  readonly imports: readonly ImportGroup[]
  readonly calls: readonly CallPlan[]
  /** Exported functions; those in `fixed` live at the RVA given. */
  readonly exports: readonly string[]
  readonly fixed?: Readonly<Record<string, number>>
  readonly forwarders?: Readonly<Record<string, string>>
  /** Exported variables: the owner of .data places them before the image is finished. */
  readonly exportedVariables?: readonly string[]
}
