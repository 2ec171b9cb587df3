/** A driver of the machine: sizes in pages, the images it links to besides nt, and how many nt routines it takes. */
export type DriverEntry = {
  readonly name: string
  readonly text: number
  readonly data: number
  readonly page: number
  readonly init: number
  readonly from: readonly string[]
  readonly ntImports: number
  /** Loaded by the boot loader, at the addresses of boot drivers; the others came later. */
  readonly boot: boolean
  /** Builds that have it; all when not given. */
  readonly builds?: readonly number[]
}

const driver = (
  name: string,
  text: number,
  data: number,
  page: number,
  ntImports: number,
  from: readonly string[] = [],
  more: { boot?: boolean; builds?: readonly number[] } = {},
): DriverEntry => ({ name, text, data, page, init: 1, from, ntImports, boot: more.boot ?? false, builds: more.builds })

const boot = { boot: true }
const old = [3790]
const seven = [7601]

/** hal first: it is the second entry of every module list. */
export const halEntry = driver('hal.dll', 22, 6, 4, 40, ['kdcom.dll'], boot)

/** In the order they load. */
export const driverCatalogue: readonly DriverEntry[] = [
  driver('kdcom.dll', 1, 1, 0, 6, ['hal.dll'], boot),
  driver('BOOTVID.dll', 1, 1, 1, 4, ['hal.dll'], boot),
  driver('ACPI.sys', 24, 4, 10, 70, ['hal.dll', 'WMILIB.SYS'], boot),
  driver('WMILIB.SYS', 1, 1, 0, 8, [], boot),
  driver('pci.sys', 6, 1, 8, 50, ['hal.dll'], boot),
  driver('isapnp.sys', 2, 1, 5, 34, ['hal.dll'], { boot: true, builds: old }),
  driver('intelide.sys', 1, 1, 0, 6, [], { boot: true, builds: old }),
  driver('MountMgr.sys', 2, 1, 6, 40, [], boot),
  driver('ftdisk.sys', 10, 1, 8, 50, ['hal.dll'], { boot: true, builds: old }),
  driver('volmgr.sys', 8, 1, 4, 48, ['hal.dll', 'WMILIB.SYS'], { boot: true, builds: seven }),
  driver('PartMgr.sys', 2, 1, 3, 36, ['WMILIB.SYS'], boot),
  driver('atapi.sys', 14, 1, 6, 52, ['hal.dll', 'WMILIB.SYS'], boot),
  driver('SCSIPORT.SYS', 14, 1, 6, 60, ['hal.dll', 'WMILIB.SYS'], { boot: true, builds: old }),
  driver('symmpi.sys', 8, 1, 0, 4, ['SCSIPORT.SYS'], { boot: true, builds: old }),
  driver('CLASSPNP.SYS', 10, 1, 8, 62, ['hal.dll'], boot),
  driver('disk.sys', 4, 1, 4, 40, ['hal.dll', 'CLASSPNP.SYS', 'WMILIB.SYS'], boot),
  driver('fltmgr.sys', 18, 2, 12, 80, ['hal.dll'], boot),
  driver('Ntfs.sys', 70, 4, 60, 120, ['hal.dll', 'ksecdd.sys'], boot),
  driver('ksecdd.sys', 8, 2, 8, 50, [], boot),
  driver('NDIS.SYS', 26, 3, 12, 84, ['hal.dll'], boot),
  driver('NETIO.SYS', 44, 4, 8, 70, ['hal.dll', 'NDIS.SYS'], { boot: true, builds: seven }),
  driver('Mup.sys', 8, 2, 10, 56, [], boot),
  driver('crcdisk.sys', 2, 1, 1, 20, ['hal.dll'], { boot: true, builds: old }),
  driver('TDI.SYS', 3, 1, 1, 22, ['hal.dll'], {}),
  driver('tcpip.sys', 60, 20, 6, 90, ['hal.dll', 'NDIS.SYS', 'TDI.SYS'], { builds: old }),
  driver('tcpip.sys', 150, 16, 8, 96, ['hal.dll', 'NDIS.SYS', 'NETIO.SYS'], { boot: true, builds: seven }),
  driver('fwpkclnt.sys', 12, 2, 2, 30, ['NETIO.SYS', 'NDIS.SYS'], { boot: true, builds: seven }),
  driver('netbt.sys', 22, 2, 10, 80, ['hal.dll', 'TDI.SYS']),
  driver('afd.sys', 20, 2, 16, 92, ['hal.dll', 'TDI.SYS']),
  driver('Npfs.SYS', 4, 1, 4, 44, []),
  driver('Msfs.SYS', 2, 1, 3, 36, []),
  driver('rdbss.sys', 26, 3, 12, 84, ['hal.dll']),
  driver('mrxsmb.sys', 54, 5, 22, 96, ['hal.dll', 'TDI.SYS', 'ksecdd.sys']),
  driver('i8042prt.sys', 8, 1, 6, 46, ['hal.dll', 'WMILIB.SYS']),
  driver('kbdclass.sys', 3, 1, 4, 40, ['WMILIB.SYS']),
  driver('mouclass.sys', 3, 1, 4, 38, ['WMILIB.SYS']),
  driver('USBPORT.SYS', 26, 2, 8, 66, ['hal.dll', 'USBD.SYS']),
  driver('USBD.SYS', 1, 1, 0, 6, []),
  driver('usbhub.sys', 12, 2, 6, 52, ['hal.dll', 'USBD.SYS']),
  driver('e1000325.sys', 26, 3, 0, 8, ['hal.dll', 'NDIS.SYS'], { builds: old }),
  driver('e1g6032e.sys', 24, 3, 0, 8, ['hal.dll', 'NDIS.SYS'], { builds: seven }),
  driver('termdd.sys', 8, 1, 1, 40, ['hal.dll']),
  driver('VIDEOPRT.SYS', 6, 1, 8, 56, ['hal.dll'], { builds: old }),
  driver('dxgkrnl.sys', 90, 6, 60, 110, ['hal.dll'], { builds: seven }),
  driver('HTTP.sys', 24, 2, 36, 94, ['hal.dll', 'ksecdd.sys', 'TDI.SYS']),
  driver('srv.sys', 30, 4, 40, 98, ['hal.dll', 'TDI.SYS', 'ksecdd.sys']),
  driver('srvnet.sys', 14, 2, 12, 64, ['NETIO.SYS', 'ksecdd.sys'], { builds: seven }),
  driver('rasl2tp.sys', 8, 1, 2, 30, ['hal.dll', 'NDIS.SYS']),
  driver('wanarp.sys', 5, 1, 2, 30, ['hal.dll', 'NDIS.SYS', 'TDI.SYS'], { builds: old }),
  driver('secdrv.SYS', 4, 1, 0, 22, ['hal.dll'], { builds: old }),
  driver('peauth.sys', 90, 6, 20, 60, ['hal.dll'], { builds: seven }),
]
