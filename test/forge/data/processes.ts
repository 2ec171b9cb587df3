/** Names and process ids of a server that has finished starting, in creation order. */
export const processList: readonly { readonly name: string; readonly pid: number; readonly parent: number }[] = [
  { name: 'System', pid: 4, parent: 0 },
  { name: 'smss.exe', pid: 316, parent: 4 },
  { name: 'csrss.exe', pid: 372, parent: 316 },
  { name: 'winlogon.exe', pid: 396, parent: 316 },
  { name: 'services.exe', pid: 444, parent: 396 },
  { name: 'lsass.exe', pid: 456, parent: 396 },
  { name: 'svchost.exe', pid: 664, parent: 444 },
  { name: 'spoolsv.exe', pid: 1064, parent: 444 },
]
