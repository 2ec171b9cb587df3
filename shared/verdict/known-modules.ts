import type { Module } from '../analysis/module.ts'

/**
 * Modules that allocate for others, as data: the caller behind them is the one to name. Names are those of Windows; a
 * name exonerates nobody, it only says that pointing to this module answers half the question.
 */
export const frameworks: { readonly version: string; readonly names: ReadonlyMap<string, string> } = {
  version: '3',
  names: new Map([
    ['wdf01000.sys', 'the driver framework (KMDF)'],
    ['ndis.sys', 'the network driver interface'],
    ['netio.sys', 'the network I/O subsystem'],
    ['fltmgr.sys', 'the filter manager'],
    ['storport.sys', 'the storage port driver'],
    ['scsiport.sys', 'the SCSI port driver'],
    ['usbport.sys', 'the USB port driver'],
    ['videoprt.sys', 'the video port driver'],
    ['dxgkrnl.sys', 'the graphics kernel'],
    ['portcls.sys', 'the audio port class driver'],
    ['ks.sys', 'kernel streaming'],
    ['tdi.sys', 'the transport driver interface'],
    ['hidclass.sys', 'the HID class driver'],
    ['ksecdd.sys', 'the kernel security support'],
    // What these hold grows with what others ask of them: files, connections, requests (field-lessons.md: `NtFC` and a filter above NTFS).
    ['ntfs.sys', 'the file system NTFS'],
    ['refs.sys', 'the file system ReFS'],
    ['fastfat.sys', 'the file system FAT'],
    ['npfs.sys', 'the named pipe file system'],
    ['msfs.sys', 'the mailslot file system'],
    ['mup.sys', 'the provider of network paths'],
    ['rdbss.sys', 'the redirector subsystem'],
    ['mrxsmb.sys', 'the SMB client'],
    ['srv.sys', 'the SMB server'],
    ['srv2.sys', 'the SMB server'],
    ['srvnet.sys', 'the network of the SMB server'],
    ['afd.sys', 'the socket driver'],
    ['tcpip.sys', 'the TCP/IP driver'],
    ['http.sys', 'the HTTP server'],
    ['win32k.sys', 'the window manager'],
    ['win32kbase.sys', 'the window manager'],
    ['win32kfull.sys', 'the window manager'],
    ['classpnp.sys', 'the storage class driver'],
    ['rdyboost.sys', 'the memory store'],
    // Others hold what these hand out: interfaces, requests, buffers.
    ['acpi.sys', 'the ACPI bus driver'],
    ['pci.sys', 'the PCI bus driver'],
    ['ataport.sys', 'the ATA port driver'],
    ['usbhub.sys', 'the USB hub driver'],
    ['usbhub3.sys', 'the USB hub driver'],
    ['ucx01000.sys', 'the USB host controller extension'],
    ['netadaptercx.sys', 'the network adapter extension'],
    ['dxgmms1.sys', 'the graphics memory manager'],
    ['dxgmms2.sys', 'the graphics memory manager'],
    ['vmbkmcl.sys', 'the VMBus client library'],
    ['mrxsmb10.sys', 'the SMB client'],
    ['mrxsmb20.sys', 'the SMB client'],
    ['exfat.sys', 'the file system exFAT'],
    ['udfs.sys', 'the file system UDF'],
    ['cdfs.sys', 'the file system CDFS'],
  ]),
}

export const frameworkReason = (name: string): string | null => frameworks.names.get(name.toLowerCase()) ?? null

/**
 * Drivers of Windows that are loaded and unloaded as crash dumps are set up, devices come and go, or a scanner gets new
 * definitions, as data: that such a one was unloaded says nothing.
 */
const comingAndGoing =
  /^(dump_.*|crashdmp|hwpolicy|cdrom|cdaudio|imapi|sfloppy|flpydisk|usbstor|uaspstor|kmixer|aec|splitter|swmidi|dmusic|drmkaud|wdnisdrv|mpksl.*|wdboot)\.sys$/i

export const comesAndGoes = (name: string): boolean => comingAndGoing.test(name)

/** The core image has these names on disk (reference 12.7); in the module list it comes first, as ntoskrnl.exe. */
const kernelNames = new Set(['ntoskrnl.exe', 'ntkrnlpa.exe', 'ntkrnlmp.exe', 'ntkrpamp.exe'])

/** The bases of the core nt image and of hal: never candidates, since they allocate on a driver's behalf (contract.md). */
export const coreBases = (modules: readonly Module[]): { kernel: ReadonlySet<string>; hal: ReadonlySet<string> } => {
  // What is not listed chooses its name itself.
  const listed = modules.filter((module) => module.listed)
  const kernel = new Set(listed.filter(({ name }) => kernelNames.has(name.toLowerCase())).map(({ base }) => base))
  if (modules[0]?.listed) kernel.add(modules[0].base)
  const hal = new Set(listed.filter((module) => module.name.toLowerCase() === 'hal.dll').map(({ base }) => base))
  return { kernel, hal }
}

/** `{xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}.sys`, as in the seed. */
export const isGuidName = (name: string): boolean =>
  /^\{[0-9a-z]{8}(-[0-9a-z]{4}){3}-[0-9a-z]{12}\}(\.sys)?$/i.test(name)
