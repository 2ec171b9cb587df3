import { roundUp } from '../words.ts'
import { debugBytes } from './debug-directory.ts'
import { exportTableBytes } from './export-table.ts'
import type { ImageSpec, Part } from './image-spec.ts'
import { addressTableBytes, importDirectoryBytes } from './import-table.ts'
import { headerBytes, type PlacedSection, sectionFlags } from './pe-headers.ts'

/** Where the parts of an image lie. */
export type Places = Readonly<Partial<Record<Part, { readonly rva: number; readonly size: number }>>>

/** The first pass over an image: where everything goes, before a byte of it is written. */
export type Placement = {
  readonly sections: readonly PlacedSection[]
  readonly places: Places
  readonly code: readonly { readonly from: number; readonly to: number; readonly discardable: boolean }[]
  /** The section of the image's variables. */
  readonly variables: { readonly rva: number; readonly bytes: number }
  readonly sizeOfImage: number
}

const partBytes = (part: Part, spec: ImageSpec): number => {
  if (part === 'iat') return roundUp(addressTableBytes(spec.imports, spec.width), 16)
  if (part === 'debug') return debugBytes(spec.pdb.path)
  if (part === 'imports') return roundUp(importDirectoryBytes(spec.imports, spec.width), 16)
  if (part === 'exports') {
    const names = [...spec.exports, ...(spec.exportedVariables ?? []), ...Object.keys(spec.forwarders ?? {})]
    return roundUp(exportTableBytes(spec.name, names, Object.values(spec.forwarders ?? {})), 16)
  }
  return 0
}

/** Sections one after another at the image's alignment, or at the RVA the scenario gives. */
export const placeSections = (spec: ImageSpec): Placement => {
  const places: Partial<Record<Part, { rva: number; size: number }>> = {}
  const sections: PlacedSection[] = []
  const code: { from: number; to: number; discardable: boolean }[] = []
  let next = headerBytes(spec.sections.length, spec.width)
  for (const section of spec.sections) {
    const rva = section.rva ?? roundUp(next, spec.alignment)
    if (rva < next) throw new Error(`${spec.name}: section ${section.name} does not fit before ${rva.toString(16)}.`)
    let at = rva
    // Code and variables take the section's own bytes; a section with neither has them as filler at its end.
    const own = section.holds.some((part) => part === 'code' || part === 'variables')
    for (const part of section.holds) {
      const size = part === 'code' || part === 'variables' ? section.bytes : partBytes(part, spec)
      if (size === 0) continue
      places[part] ??= { rva: at, size }
      if (part === 'code')
        code.push({ from: at, to: at + size, discardable: (section.flags & sectionFlags.discardable) !== 0 })
      at += size
    }
    next = own ? at : at + section.bytes
    sections.push({ name: section.name, rva, virtualSize: next - rva, flags: section.flags })
  }
  if (places.variables === undefined) throw new Error(`${spec.name} has no section for variables.`)
  if (places.debug === undefined) throw new Error(`${spec.name} has no place for its debug directory.`)
  const { rva, size } = places.variables
  return { sections, places, code, variables: { rva, bytes: size }, sizeOfImage: roundUp(next, 0x1000) }
}
