/**
 * What well-known tags stand for: owner in the notation of pooltag.txt (module, or nt!component), and meaning, in our own
 * words (reference 10.4). `?` is any one character, `*` any rest. Change the version with every change of a row.
 */
export const tagTableVersion = '1'

export type TagMeaning = { readonly pattern: string; readonly owner: string | null; readonly meaning: string }

type Row = [patterns: string[], owner: string | null, meaning: string]

const rows: Row[] = [
  [['None'], null, 'call to ExAllocatePool'],
  [['Ddk '], null, 'default tag of driver samples and of the DDK\u2019s macro'],
  [['BIG '], 'nt', 'large allocations that found no row in the big-page table'],
  [['Ovfl'], 'nt', 'tags that found no row in the tracker table'],
  [['Thre'], 'nt!ps', 'Thread objects'],
  [['Proc'], 'nt!ps', 'Process objects'],
  [['PsTp'], 'nt!ps', 'Thread termination port blocks'],
  [['PsIm'], 'nt!ps', 'Thread impersonation data'],
  [['Job '], 'nt!ps', 'Job objects'],
  [['Toke'], 'nt!se', 'Token objects'],
  [['SeTl'], 'nt!se', 'Token locks'],
  [['SeSd'], 'nt!se', 'Security descriptors'],
  [['SeAt', 'SeSi'], 'nt!se', 'Security attributes and captured SIDs'],
  [['File'], 'nt!io', 'File objects'],
  [['Devi'], 'nt!io', 'Device objects'],
  [['Driv'], 'nt!io', 'Driver objects'],
  [['Irp ', 'Irps', 'Irpl'], 'nt!io', 'I/O request packets'],
  [['Mdl '], 'nt!io', 'Memory descriptor lists'],
  [['Io  '], 'nt!io', 'General I/O allocations'],
  [['IoNm'], 'nt!io', 'File names of I/O requests'],
  [['Wait'], 'nt!io', 'Wait completion packets'],
  [['Even'], 'nt', 'Event objects'],
  [['Muta'], 'nt', 'Mutant objects'],
  [['Sema'], 'nt', 'Semaphore objects'],
  [['Time'], 'nt', 'Timer objects'],
  [['Sect'], 'nt!mm', 'Section objects'],
  [['Key '], 'nt!cm', 'Registry key objects'],
  [['Port'], 'nt!lpc', 'LPC ports'],
  [['ALPC', 'AlPo', 'AlMs'], 'nt!alpc', 'ALPC ports and messages'],
  [['Dire'], 'nt!ob', 'Object directories'],
  [['Symb'], 'nt!ob', 'Symbolic link objects'],
  [['Obtb'], 'nt!ob', 'Handle tables'],
  [['ObHd'], 'nt!ob', 'Handle count data of objects'],
  [['ObNm'], 'nt!ob', 'Object names'],
  [['ObDi'], 'nt!ob', 'Object directory entries'],
  [['MmCm'], 'nt!mm', 'Calls made to MmAllocateContiguousMemory'],
  [['Cont'], 'nt!mm', 'Contiguous memory for drivers'],
  [['MmSt'], 'nt!mm', 'Prototype page table entries of mapped files'],
  [['MmCa'], 'nt!mm', 'Control areas of mapped files'],
  [['MmCi'], 'nt!mm', 'Control areas of images'],
  [['MmSm'], 'nt!mm', 'Segments'],
  [['MmSb', 'MmSd'], 'nt!mm', 'Subsections and extended segment data'],
  [['Vad ', 'VadS', 'VadF', 'Vadl'], 'nt!mm', 'Virtual address descriptors'],
  [['CM??'], 'nt!cm', 'Registry hives and the registry\u2019s own memory'],
  [['CcSc'], 'nt!cc', 'Cache manager: shared cache maps'],
  [['CcVa'], 'nt!cc', 'Cache manager: views of files'],
  [['CcBc'], 'nt!cc', 'Cache manager: buffer control blocks'],
  [['CcPF'], 'nt!cc', 'Prefetcher'],
  [['Pool'], 'nt!ex', 'Tables of the pool itself'],
  [['EtwB'], 'nt!etw', 'Event tracing: buffers'],
  [['EtwR'], 'nt!etw', 'Event tracing: provider registrations'],
  [['EtwG'], 'nt!etw', 'Event tracing: provider identities'],
  [['VfPT', 'Vf??', 'Irp+', 'VMdl'], 'nt!vf', 'Driver Verifier bookkeeping: Verifier is on'],
  [['Ntfx', 'Ntf?', 'NtFs'], 'ntfs.sys', 'NTFS: general allocations'],
  [['NtF?'], 'ntfs.sys', 'NTFS: allocations named by source module'],
  [['FMsl'], 'fltmgr.sys', 'Filter manager: stream list controls'],
  [['FMfn'], 'fltmgr.sys', 'Filter manager: name cache'],
  [['FMic'], 'fltmgr.sys', 'Filter manager: I/O control of requests under way'],
  [['FM??'], 'fltmgr.sys', 'Filter manager'],
  [['AfdB'], 'afd.sys', 'Sockets: data buffers'],
  [['AfdC'], 'afd.sys', 'Sockets: connections'],
  [['AfdE'], 'afd.sys', 'Sockets: end points'],
  [['Afd?'], 'afd.sys', 'Sockets'],
  [['TcpE'], 'tcpip.sys', 'TCP end points'],
  [['TcpL'], 'tcpip.sys', 'TCP listeners'],
  [['Tcp?', 'TCPT'], 'tcpip.sys', 'TCP'],
  [['NDpp'], 'ndis.sys', 'Network packet pools'],
  [['NDnd', 'ND??'], 'ndis.sys', 'NDIS internals'],
  [['LSwi', 'LSwn'], 'srv.sys', 'SMB server: work contexts'],
  [['LSbf'], 'srv.sys', 'SMB server: buffers'],
  [['UlRB'], 'http.sys', 'HTTP: receive buffers'],
  [['Wfp?'], 'netio.sys', 'Windows Filtering Platform'],
  [['DxgK'], 'dxgkrnl.sys', 'Display driver support'],
  [['ViMm'], 'dxgkrnl.sys', 'Video memory manager'],
  [['smNp'], 'rdyboost.sys', 'Memory store: ReadyBoost and compression nodes'],
]

/** Tags that Windows itself and its common drivers use, as far as they are known without a pooltag.txt. */
export const builtInTags: readonly TagMeaning[] = rows.flatMap(([patterns, owner, meaning]) =>
  patterns.map((pattern) => ({ pattern, owner, meaning })),
)

export type TagLookup = (tag: string) => { readonly owner: string | null; readonly meaning: string } | null

/**
 * Looks tags up in several tables, the first that knows the tag wins. Within a table a literal tag goes before a
 * wildcard, and of wildcards the one with more literal characters; of equal rows the first.
 */
export const tagLookup = (tables: readonly (readonly TagMeaning[])[]): TagLookup => {
  const prepared = tables.map((rows) => {
    const literal = new Map<string, TagMeaning>()
    const wild: TagMeaning[] = []
    for (const row of rows)
      if (/[?*]/.test(row.pattern)) wild.push(row)
      else if (!literal.has(row.pattern)) literal.set(row.pattern, row)
    wild.sort((a, b) => literalLength(b.pattern) - literalLength(a.pattern))
    return { literal, wild }
  })
  return (tag) => {
    for (const { literal, wild } of prepared) {
      const row = literal.get(tag) ?? wild.find(({ pattern }) => matchesTag(pattern, tag))
      if (row) return row
    }
    return null
  }
}

const literalLength = (pattern: string): number => pattern.replace(/[?*]/g, '').length

/** Whether a tag matches a pattern of four characters at most: `?` for one character, `*` for any rest. */
export const matchesTag = (pattern: string, tag: string): boolean => {
  for (let index = 0; index < tag.length; index++) {
    const expected = pattern[index] ?? ' '
    if (expected === '*') return true
    if (expected !== '?' && expected !== tag[index]) return false
  }
  return true
}
