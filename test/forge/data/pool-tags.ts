/** What a component takes from the pool in ordinary running. */
export type TagEntry = {
  readonly tag: string
  /** Image whose code allocates it; `nt` for the kernel. */
  readonly owner: string
  /** Share of the pool's bytes, relative to the other tags. */
  readonly weight: number
  /** Typical sizes asked for, in bytes on x86; 64-bit structures are about half as large again. */
  readonly sizes: readonly number[]
  /** Kernel objects: their tag carries the PROTECTED_POOL bit in headers (reference 8.2). */
  readonly object: boolean
  /** Pages of the occasional big allocation. */
  readonly bigPages: number
}

const tag = (
  name: string,
  owner: string,
  weight: number,
  sizes: readonly number[],
  more: { object?: boolean; bigPages?: number } = {},
): TagEntry => ({
  tag: name.padEnd(4),
  owner,
  weight,
  sizes,
  object: more.object ?? false,
  bigPages: more.bigPages ?? 0,
})

const object = { object: true }

/** Names and owners as reference 10.4 has them, with further ones of the same components. */
export const nonPagedTags: readonly TagEntry[] = [
  tag('Irp', 'nt', 40, [0x70, 0x94, 0x100, 0x1d8]),
  tag('Mdl', 'nt', 22, [0x20, 0x38, 0x80]),
  tag('File', 'nt', 60, [0x98, 0xa8], object),
  tag('Even', 'nt', 26, [0x30], object),
  tag('Thre', 'nt', 70, [0x278], object),
  tag('Proc', 'nt', 14, [0x298], object),
  tag('Sema', 'nt', 10, [0x38], object),
  tag('Muta', 'nt', 8, [0x40], object),
  tag('Time', 'nt', 6, [0xb0], object),
  tag('Devi', 'nt', 18, [0x120, 0x400, 0x7a0], object),
  tag('Driv', 'nt', 4, [0xf0], object),
  tag('Io', 'nt', 8, [0x18, 0x40, 0x90]),
  tag('MmCa', 'nt', 54, [0x68, 0xa8]),
  tag('MmCi', 'nt', 18, [0x88, 0x110]),
  tag('Vad', 'nt', 40, [0x30, 0x38]),
  tag('VadS', 'nt', 24, [0x20]),
  tag('Vadl', 'nt', 12, [0x40]),
  tag('MmLd', 'nt', 3, [0x58, 0x90]),
  tag('MmDT', 'nt', 1, [0x20]),
  tag('CcSc', 'nt', 36, [0x110, 0x128]),
  tag('CcBc', 'nt', 6, [0x98]),
  tag('CcVa', 'nt', 10, [0x200], { bigPages: 4 }),
  tag('EtwB', 'nt', 30, [0x200], { bigPages: 16 }),
  tag('Wmi', 'nt', 4, [0x28, 0x80]),
  tag('Pool', 'nt', 4, [0x20, 0x80]),
  tag('PsTp', 'nt', 4, [0x28]),
  tag('LSwi', 'srv.sys', 12, [0xe00], { bigPages: 8 }),
  tag('LSwn', 'srv.sys', 30, [0x300, 0x5a0]),
  tag('LSbf', 'srv.sys', 8, [0x400, 0x800], { bigPages: 2 }),
  tag('AfdB', 'afd.sys', 28, [0x60, 0x240, 0x5d0], { bigPages: 4 }),
  tag('AfdC', 'afd.sys', 16, [0xa8]),
  tag('AfdE', 'afd.sys', 18, [0x110]),
  tag('AfdX', 'afd.sys', 4, [0x18]),
  tag('TCPT', 'tcpip.sys', 26, [0x1d0]),
  tag('TCPC', 'tcpip.sys', 14, [0x110]),
  tag('TcpE', 'tcpip.sys', 18, [0x2a0]),
  tag('TcpL', 'tcpip.sys', 2, [0x1a0]),
  tag('Ipre', 'tcpip.sys', 4, [0x80]),
  tag('NDpp', 'NDIS.SYS', 20, [0x200, 0x9c0], { bigPages: 8 }),
  tag('NDnd', 'NDIS.SYS', 8, [0x48, 0x150]),
  tag('NDam', 'NDIS.SYS', 16, [0x40, 0x300], { bigPages: 12 }),
  tag('Ntfr', 'Ntfs.sys', 34, [0x38]),
  tag('NtFs', 'Ntfs.sys', 26, [0x28, 0x70]),
  tag('Ntf0', 'Ntfs.sys', 8, [0x60]),
  tag('NtFr', 'Ntfs.sys', 10, [0x34]),
  tag('FMsl', 'fltmgr.sys', 24, [0x90]),
  tag('FMic', 'fltmgr.sys', 18, [0x2d0]),
  tag('FMis', 'fltmgr.sys', 4, [0x100]),
  tag('ScLA', 'CLASSPNP.SYS', 6, [0x78, 0x200]),
  tag('ClMe', 'CLASSPNP.SYS', 2, [0x140]),
  tag('PcNw', 'e1000325.sys', 20, [0x640], { bigPages: 8 }),
  tag('E1Gr', 'e1g6032e.sys', 20, [0x640], { bigPages: 8 }),
  tag('Nbt0', 'netbt.sys', 8, [0x58, 0x180]),
  tag('NpFR', 'Npfs.SYS', 8, [0x38, 0x90]),
  tag('RxSc', 'rdbss.sys', 10, [0x80, 0x200]),
  tag('SmCe', 'mrxsmb.sys', 8, [0xd0, 0x300]),
  tag('UlHR', 'HTTP.sys', 14, [0x180, 0x600]),
  tag('UlRB', 'HTTP.sys', 12, [0x800], { bigPages: 4 }),
  tag('usbp', 'USBPORT.SYS', 8, [0x100, 0x480], { bigPages: 2 }),
  tag('usbh', 'usbhub.sys', 4, [0x50, 0x2c0]),
  tag('AcpS', 'ACPI.sys', 10, [0x30, 0x88]),
  tag('AcpM', 'ACPI.sys', 6, [0x100], { bigPages: 4 }),
  tag('PciB', 'pci.sys', 3, [0x180, 0x420]),
  tag('Hal', 'hal.dll', 3, [0x18, 0x60]),
  tag('TdPr', 'termdd.sys', 4, [0x140, 0x900]),
  tag('DxgK', 'dxgkrnl.sys', 24, [0x60, 0x300], { bigPages: 6 }),
  tag('Kbdc', 'kbdclass.sys', 1, [0x960]),
  tag('Mouc', 'mouclass.sys', 1, [0x960]),
]

/** Paged pool; `MmSt` holds the prototype PTEs of mapped files, which is what fills descriptor 0. */
export const pagedTags: readonly TagEntry[] = [
  tag('CM31', 'nt', 40, [0x200], { bigPages: 4 }),
  tag('CM35', 'nt', 26, [0x400], { bigPages: 8 }),
  tag('CM25', 'nt', 14, [0x80, 0x200]),
  tag('CMkb', 'nt', 12, [0x50, 0x68]),
  tag('Key', 'nt', 10, [0x38], object),
  tag('Toke', 'nt', 26, [0x2a0, 0x318], object),
  tag('Sect', 'nt', 6, [0x38], object),
  tag('Dire', 'nt', 2, [0xc0], object),
  tag('Symb', 'nt', 2, [0x40], object),
  tag('Obtb', 'nt', 16, [0x50, 0x800], { bigPages: 1 }),
  tag('ObNm', 'nt', 8, [0x20, 0x58]),
  tag('ObDi', 'nt', 6, [0x18]),
  tag('SeSd', 'nt', 8, [0x98, 0xf0]),
  tag('SeTl', 'nt', 2, [0x50]),
  tag('IoNm', 'nt', 20, [0x40, 0x90]),
  tag('MmSm', 'nt', 8, [0x48]),
  tag('PsIm', 'nt', 1, [0x18]),
  tag('Ntff', 'Ntfs.sys', 40, [0x288]),
  tag('NtfF', 'Ntfs.sys', 12, [0x380]),
  tag('NtFB', 'Ntfs.sys', 8, [0x100], { bigPages: 2 }),
  tag('FMfn', 'fltmgr.sys', 20, [0xb8, 0x140]),
  tag('UlLA', 'HTTP.sys', 6, [0x120]),
  tag('AfdP', 'afd.sys', 4, [0x60]),
  tag('LSsh', 'srv.sys', 2, [0xa0]),
  tag('TdPa', 'termdd.sys', 2, [0x80]),
]

export const prototypeTags: readonly TagEntry[] = [
  tag('MmSt', 'nt', 90, [0x80, 0x200, 0x458], { bigPages: 6 }),
  tag('MmSm', 'nt', 6, [0x48]),
  tag('CcPF', 'nt', 2, [0x60], { bigPages: 2 }),
]

/** Tags the kernel enters into its table at boot, used or not, and tags whose every block was freed again. */
export const idleTags: readonly string[] = [
  'BIG ',
  'CM16',
  'Ddk ',
  'Gh05',
  'IoSn',
  'KSec',
  'Lpcz',
  'MmHT',
  'Ntfp',
  'ObHd',
  'PnPb',
  'RxMs',
  'Usqu',
  'WmiM',
  'Xtra',
]
export const churnedTags: readonly string[] = [
  'AtmA',
  'CcPw',
  'DEAV',
  'Etwc',
  'FSro',
  'Gfnt',
  'IoEa',
  'LpSy',
  'MmPg',
  'NDcm',
  'NtFq',
  'ObRt',
  'PpEE',
  'RqPv',
  'SeAc',
  'StCx',
  'Ttfd',
  'UlTD',
  'VmBr',
  'WanQ',
]
