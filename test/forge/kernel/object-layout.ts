import type { Width } from '../words.ts'
import type { Layout } from './layout.ts'

/** OBJECT_TYPE (reference 11.3). */
type TypeLayout = {
  readonly bytes: number
  readonly name: number
  readonly index: number
  readonly objects: number
  readonly handles: number
  readonly mostObjects: number
  readonly key: number
}

/** HANDLE_TABLE (reference 11.5). Since Windows 8 the count is in free lists, one behind the other. */
type HandleTableLayout = {
  readonly bytes: number
  readonly tableCode: number
  readonly quotaProcess: number
  readonly uniqueProcessId: number
  readonly list: number
  readonly count:
    | { readonly at: number }
    | { readonly lists: number; readonly stride: number; readonly at: number; readonly mostHandles: number }
}

/** What of a handle-table entry's first word is its object: the header's address in place, or that many bits up. */
type EntryForm = { readonly shift: 0 | 16 | 19; readonly unlocked: number }

/** Where the object manager keeps what. */
export type ObjectLayout = {
  readonly type: TypeLayout
  readonly handleTable: HandleTableLayout
  readonly entry: EntryForm
  /** EPROCESS.ObjectTable (reference 11.4). */
  readonly objectTable: number
  /** Headers hold a number for their type, since Windows 10 masked with their address and a cookie (reference 11.2). */
  readonly masksTypeIndex: boolean
}

const type = (bytes: number, name: number, index: number, objects: number, key: number): TypeLayout => ({
  bytes,
  name,
  index,
  objects,
  handles: objects + 4,
  mostObjects: objects + 8,
  key,
})

type Row = { readonly width: Width; readonly fromBuild: number; readonly type: TypeLayout }

const types: readonly Row[] = [
  { width: 4, fromBuild: 0, type: type(0x190, 0x40, 0x4c, 0x50, 0xac) },
  { width: 4, fromBuild: 6001, type: type(0x140, 0x8, 0x14, 0x18, 0xb4) },
  { width: 4, fromBuild: 7600, type: type(0x88, 0x8, 0x14, 0x18, 0x7c) },
  { width: 4, fromBuild: 9200, type: type(0x90, 0x8, 0x14, 0x18, 0x84) },
  { width: 8, fromBuild: 0, type: type(0x2c0, 0x78, 0x90, 0x94, 0x118) },
  { width: 8, fromBuild: 6001, type: type(0x238, 0x10, 0x28, 0x2c, 0x120) },
  { width: 8, fromBuild: 7600, type: type(0xd0, 0x10, 0x28, 0x2c, 0xb8) },
  { width: 8, fromBuild: 9200, type: type(0xd8, 0x10, 0x28, 0x2c, 0xc0) },
]

const old = (
  bytes: number,
  [quotaProcess, uniqueProcessId, list, count]: readonly [number, number, number, number],
): HandleTableLayout => ({ bytes, tableCode: 0, quotaProcess, uniqueProcessId, list, count: { at: count } })

const handleTables: readonly {
  readonly width: Width
  readonly fromBuild: number
  readonly table: HandleTableLayout
}[] = [
  { width: 4, fromBuild: 0, table: old(0x44, [4, 8, 0x1c, 0x3c]) },
  { width: 4, fromBuild: 6000, table: old(0x38, [4, 8, 0x10, 0x30]) },
  {
    width: 4,
    fromBuild: 9200,
    table: {
      bytes: 0x28,
      tableCode: 8,
      quotaProcess: 0xc,
      uniqueProcessId: 0x18,
      list: 0x10,
      count: { lists: 0x28, stride: 0x34, at: 0xc, mostHandles: 0x10 },
    },
  },
  {
    width: 4,
    fromBuild: 14393,
    table: {
      bytes: 0x40,
      tableCode: 8,
      quotaProcess: 0xc,
      uniqueProcessId: 0x18,
      list: 0x10,
      count: { lists: 0x40, stride: 0x40, at: 0xc, mostHandles: 0x10 },
    },
  },
  { width: 8, fromBuild: 0, table: old(0x70, [8, 0x10, 0x38, 0x68]) },
  { width: 8, fromBuild: 6000, table: old(0x68, [8, 0x10, 0x20, 0x58]) },
  {
    width: 8,
    fromBuild: 9200,
    table: {
      bytes: 0x40,
      tableCode: 8,
      quotaProcess: 0x10,
      uniqueProcessId: 0x28,
      list: 0x18,
      count: { lists: 0x40, stride: 0x40, at: 0x18, mostHandles: 0x1c },
    },
  },
]

/** EPROCESS.ObjectTable by the structure's size; the layouts of this forge have no two alike. */
const objectTables: Readonly<Record<string, number>> = {
  '4/608': 0xc4, // XP
  '4/632': 0xd4, // Server 2003
  '4/624': 0xdc, // Vista
  '4/704': 0xf4, // 7
  '4/1032': 0x15c, // 17763
  '8/992': 0x158, // Server 2003
  '8/1000': 0x160, // Vista
  '8/1232': 0x200, // 7
  '8/1752': 0x408, // 8.1
  '8/2072': 0x418, // 15063
  '8/2128': 0x418, // 17763
  '8/2624': 0x570, // 19041 and, as expected there, 22621
  '8/3200': 0x570, // ARM64 22000, whose forged EPROCESS follows 19041
  '8/2112': 0x300, // 26100
}

const latest = <T extends { width: Width; fromBuild: number }>(rows: readonly T[], { width, build }: Layout): T =>
  rows.findLast((row) => row.width === width && build >= row.fromBuild)!

export const objectLayoutOf = (layout: Layout): ObjectLayout => {
  const { build, width, process } = layout
  const objectTable = objectTables[`${width}/${process.bytes}`]
  if (objectTable === undefined) throw new Error(`Where build ${build} keeps a process's handle table is not known.`)
  const eight = build >= 9200 && build < 9600
  return {
    type: latest(types, layout).type,
    handleTable: latest(handleTables, layout).table,
    entry: { shift: width === 4 || build < 9200 ? 0 : eight ? 19 : 16, unlocked: 1 },
    objectTable,
    masksTypeIndex: build >= 10240,
  }
}
