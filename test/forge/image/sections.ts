import type { Width } from '../words.ts'
import type { SectionSpec } from './image-spec.ts'
import { sectionFlags } from './pe-headers.ts'

const { code, initialized, discardable, notPaged, execute, read, write } = sectionFlags

/** Section characteristics as drivers of the time carry them. */
export const flags = {
  text: code | execute | read | notPaged,
  paged: code | execute | read,
  rdata: initialized | read | notPaged,
  edata: initialized | read,
  data: (initialized | read | write | notPaged) >>> 0,
  init: (code | execute | read | write | discardable) >>> 0,
  discarded: (initialized | read | discardable) >>> 0,
} as const

/** Sizes of a driver's parts, in bytes; 0 leaves a part out. */
export type DriverShape = {
  readonly text: number
  readonly data: number
  readonly page: number
  readonly init: number
  readonly rsrc: number
  /** Where import descriptors and names lie: in INIT as the DDKs put them, or in .rdata as later linkers do. */
  readonly importsIn: 'INIT' | '.rdata'
}

/**
 * The section order of a driver built with the DDKs of the time: … INIT, .rsrc, .reloc, all three discardable, while the
 * import address table stays in .rdata (reference 7.4).
 */
export const driverSections = (shape: DriverShape, width: Width, exports: boolean): SectionSpec[] => {
  const rdataHolds = shape.importsIn === '.rdata' ? (['iat', 'debug', 'imports'] as const) : (['iat', 'debug'] as const)
  const sections: (SectionSpec | false)[] = [
    { name: '.text', flags: flags.text, bytes: shape.text, holds: ['code'] },
    { name: '.rdata', flags: flags.rdata, bytes: 0x240, holds: rdataHolds },
    { name: '.data', flags: flags.data, bytes: shape.data, holds: ['variables'] },
    width === 8 && { name: '.pdata', flags: flags.rdata, bytes: shape.text >> 5, holds: [] },
    shape.page > 0 && { name: 'PAGE', flags: flags.paged, bytes: shape.page, holds: ['code'] },
    exports && { name: '.edata', flags: flags.edata, bytes: 0, holds: ['exports'] },
    {
      name: 'INIT',
      flags: flags.init,
      bytes: shape.init,
      holds: shape.importsIn === 'INIT' ? ['code', 'imports'] : ['code'],
    },
    { name: '.rsrc', flags: flags.discarded, bytes: shape.rsrc, holds: [] },
    { name: '.reloc', flags: flags.discarded, bytes: 0x200 + (shape.text >> 6), holds: [] },
  ]
  return sections.filter((section) => section !== false)
}
