import { kernelSections } from '../data/kernel-sections.ts'
import type { AddressPlan, KernelImages } from '../scenario.ts'

/** The x64 kernel half of the Windows 7 generation, low 48 bits (sign-extended when written). */
export const x64Addresses = (nonPagedPages: number, shift = 0): AddressPlan => ({
  systemRangeStart: 0x080000000000,
  highestUserAddress: 0x7fffffeffff,
  userProbeAddress: 0x7ffffff0000,
  pfnDatabase: 0xfa8000000000,
  pfnEntryBytes: 0x30,
  nonPagedPool: [{ start: 0xfa8008000000 + shift, pages: nonPagedPages }],
  nonPagedLargePages: 4096,
  nonPagedSystemStart: 0xf88000000000,
  nonPagedPoolEnd: 0xfa8008000000 + shift + nonPagedPages * 4096,
  pagedPool: { start: 0xf8a000000000, pages: 0x2000000 },
  systemPtes: [0xf88000000000, 0xf8a000000000],
  systemCache: [0xf98000000000, 0xfa8000000000],
  session: 0xf96000000000 + shift / 16,
  bootDrivers: 0xf88000c00000 + shift / 8,
  lateDrivers: 0xf88003800000 + shift / 8,
  systemArea: 0xf88005a00000,
  firstPcr: null,
})

export const x64Images = (base: number, verifierThunks: boolean): KernelImages => ({
  nt: {
    base,
    path: '\\SystemRoot\\system32\\ntoskrnl.exe',
    pdb: 'ntkrnlmp.pdb',
    sections: kernelSections.seven64,
    fixed: {},
    verifierThunks,
  },
  hal: { base: base + 0x450000, pdb: 'hal.pdb' },
  large: true,
})
