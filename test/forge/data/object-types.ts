/** A type of kernel objects: its name, the tag of its objects, and nt's exported variable that points to it. */
export type ObjectTypeEntry = {
  readonly name: string
  readonly tag: string
  readonly variable: string | null
}

const type = (name: string, tag: string, variable: string | null = null): ObjectTypeEntry => ({
  name,
  tag: tag.padEnd(4),
  variable,
})

/**
 * In the order in which they get their numbers: those up to Thread as reference 11.2 has them for Windows 10, the others
 * in an order of our own. Local ports gave way to ALPC's with Vista, and the exported variable with them.
 */
export const objectTypesOf = (build: number): readonly ObjectTypeEntry[] => [
  type('Type', 'ObjT'),
  type('Directory', 'Dire'),
  type('SymbolicLink', 'Symb'),
  type('Token', 'Toke', 'SeTokenObjectType'),
  type('Job', 'Job', 'PsJobType'),
  type('Process', 'Proc', 'PsProcessType'),
  type('Thread', 'Thre', 'PsThreadType'),
  type('Event', 'Even', 'ExEventObjectType'),
  type('Mutant', 'Muta'),
  type('Callback', 'Call'),
  type('Semaphore', 'Sema', 'ExSemaphoreObjectType'),
  type('Timer', 'Time'),
  type('WindowStation', 'Wind', 'ExWindowStationObjectType'),
  type('Desktop', 'Desk', 'ExDesktopObjectType'),
  type('Section', 'Sect', 'MmSectionObjectType'),
  type('Key', 'Key'),
  build < 6000 ? type('Port', 'Port', 'LpcPortObjectType') : type('ALPC Port', 'ALPC', 'LpcPortObjectType'),
  type('Adapter', 'Adap', 'IoAdapterObjectType'),
  type('Device', 'Devi', 'IoDeviceObjectType'),
  type('Driver', 'Driv', 'IoDriverObjectType'),
  type('IoCompletion', 'IoCo'),
  type('File', 'File', 'IoFileObjectType'),
]
