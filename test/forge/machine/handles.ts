import type { Variables } from '../kernel/variables.ts'
import type { BigBlock } from '../pool/pool.ts'
import type { Random } from '../random.ts'
import type { Scenario } from '../scenario.ts'
import { type Va, type Width, writePointer, writeWord } from '../words.ts'
import { linkList, mustAllocate } from './module-list.ts'
import type { ForgedObject, Objects } from './objects.ts'
import type { Pools } from './pools.ts'
import type { ForgedProcess } from './processes.ts'

/** A process's handles, as the truth has them: those to the objects that leak, and all. */
export type HandleTruth = {
  readonly process: string
  readonly pid: number
  readonly handles: number
  readonly leaked: Readonly<Record<string, number>>
}

export type HandleTables = {
  /** Fills the tables, once every object is made. */
  write(): HandleTruth[]
  /** Where the tables' pages are, by process id. */
  readonly pages: ReadonlyMap<number, readonly Va[]>
}

const pageBytes = 4096

/** Objects that processes have open in ordinary running: type, how many, bytes of the body, and which pool. */
const ordinary = [
  ['File', 12, 0x98, 'nonPaged'],
  ['Event', 10, 0x20, 'nonPaged'],
  ['Mutant', 4, 0x30, 'nonPaged'],
  ['Semaphore', 3, 0x28, 'nonPaged'],
  ['Key', 6, 0x38, 'paged'],
  ['Section', 2, 0x38, 'paged'],
] as const

const tagOf = { File: 'File', Event: 'Even', Mutant: 'Muta', Semaphore: 'Sema', Key: 'Key ', Section: 'Sect' } as const

/**
 * Makes a handle table for each process: of one level as a rule, of two or three where it holds many. Room is taken before
 * the pools are filled, what is in it is written when they are.
 */
export const makeHandleTables = (
  scenario: Scenario,
  processes: readonly ForgedProcess[],
  objects: Objects,
  pools: Pools,
  variables: Variables,
  random: Random,
): HandleTables => {
  const { width } = scenario.layout
  const { handleTable, objectTable, entry } = objects.layout
  const entryBytes = 2 * width
  const perPage = pageBytes / entryBytes
  const paged = pools.paged[1]
  const tag = pools.census.of('Obtb')
  const takePage = (): BigBlock => paged.big(tag, 1, { wired: true })

  const common = ordinary.flatMap(([type, count, bytes, pool]) =>
    Array.from({ length: count }, () => {
      const block = mustAllocate(
        pools,
        pool === 'paged' ? paged : pools.nonPaged,
        tagOf[type],
        scenario.layout.objectHeader.bytes + bytes,
        true,
      )
      return objects.make(block, type)
    }),
  )
  const leaks = (scenario.objectLeaks ?? []).flatMap(({ tag: leaked, holders }) =>
    holders.map((holder) => ({ ...holder, tag: leaked })),
  )
  const freeLists = scenario.handleFreeLists ?? 1
  const tables = processes.map((process) => {
    const own = leaks.filter(({ pid }) => pid === process.pid)
    const usual = random.between(12, 60)
    // Every twentieth entry is free, as in a table that has been in use.
    const entries = Math.ceil((usual + own.reduce((sum, { handles }) => sum + handles, 0)) * 1.05)
    const pages = Array.from({ length: Math.max(1, Math.ceil(entries / (perPage - 1))) }, takePage)
    const { count } = handleTable
    const bytes = handleTable.bytes + ('lists' in count ? freeLists * count.stride : 0)
    const block = mustAllocate(pools, paged, 'Obtb', bytes)
    const { root, level, tables: upper } = climb(pages, width, takePage)
    writePointer(process.bytes, process.start + objectTable, block.va, width)
    writePointer(block.bytes, block.offset + handleTable.tableCode, root + level, width)
    if (process.pid !== 4) writePointer(block.bytes, block.offset + handleTable.quotaProcess, process.body, width)
    writeWord(block.bytes, block.offset + handleTable.uniqueProcessId, process.pid, width)
    return { process, own, usual, pages, upper, block }
  })
  if (!variables.has('HandleTableListHead')) variables.place('HandleTableListHead', 2 * width)
  linkList(
    { bytes: variables.bytes('HandleTableListHead'), va: variables.va('HandleTableListHead') },
    tables.map(({ block }) => ({
      bytes: block.bytes,
      at: block.offset + handleTable.list,
      va: block.va + handleTable.list,
    })),
    width,
  )

  const write = (): HandleTruth[] =>
    tables.map(({ process, own, usual, pages, block }) => {
      const opened: ForgedObject[] = Array.from({ length: usual }, () =>
        random.chance(0.15) ? random.pick(objects.made) : random.pick(common),
      )
      const leaked: Record<string, number> = {}
      for (const { tag: type, handles } of own) {
        const targets = objects.made.filter((object) => object.leaks && object.type === objects.typeOfTag(type))
        const first = random.below(targets.length)
        for (let index = 0; index < handles; index++) opened.push(targets[(first + index) % targets.length])
        leaked[type] = (leaked[type] ?? 0) + handles
      }
      random.shuffle(opened)
      fillPages(pages, opened, perPage, (page, at, object) => {
        writePointer(page, at, 0, width)
        if (object === null) {
          // A free entry leads to the next free one.
          writeWord(page, at + width, 4 * random.between(1, perPage), width)
          return
        }
        object.handles++
        writeObjectPointer(page, at, object.header, entry, width, random)
        page.writeUInt32LE(0x1f03ff, at + width)
      })
      const { count } = handleTable
      if ('at' in count && !('lists' in count)) block.bytes.writeUInt32LE(opened.length, block.offset + count.at)
      else if ('lists' in count) {
        for (let list = 0; list < freeLists; list++) {
          const share = Math.floor(opened.length / freeLists) + (list < opened.length % freeLists ? 1 : 0)
          const at = block.offset + count.lists + list * count.stride
          block.bytes.writeInt32LE(share, at + count.at)
          block.bytes.writeInt32LE(share + random.below(40), at + count.mostHandles)
        }
      }
      return { process: process.name, pid: process.pid, handles: opened.length, leaked }
    })

  const addresses = tables.map(({ process, pages, upper }): [number, Va[]] => [
    process.pid,
    [...upper, ...pages].map(({ va }) => va),
  ])
  return { write, pages: new Map(addresses) }
}

/** The pages of entries under one root: as they are when there is one, else below one or two levels of pointers. */
const climb = (
  pages: readonly BigBlock[],
  width: Width,
  takePage: () => BigBlock,
): { root: Va; level: 0 | 1 | 2; tables: BigBlock[] } => {
  const perTable = pageBytes / width
  const tables: BigBlock[] = []
  const above = (children: readonly BigBlock[]): BigBlock[] =>
    Array.from({ length: Math.ceil(children.length / perTable) }, (_, table) => {
      const page = takePage()
      tables.push(page)
      page.pages[0]!.fill(0)
      for (const [index, child] of children.slice(table * perTable, (table + 1) * perTable).entries())
        writePointer(page.pages[0]!, index * width, child.va, width)
      return page
    })
  if (pages.length === 1) return { root: pages[0].va, level: 0, tables }
  const middle = above(pages)
  if (middle.length === 1) return { root: middle[0].va, level: 1, tables }
  return { root: above(middle)[0].va, level: 2, tables }
}

/** Spreads the handles over the pages' entries, the first of each page reserved; null for an entry that stays free. */
const fillPages = (
  pages: readonly BigBlock[],
  opened: readonly ForgedObject[],
  perPage: number,
  put: (page: Buffer, at: number, object: ForgedObject | null) => void,
): void => {
  const entryBytes = pageBytes / perPage
  const slots = pages.length * (perPage - 1)
  let next = 0
  for (let slot = 0; slot < slots; slot++) {
    const page = pages[Math.floor(slot / (perPage - 1))].pages[0]!
    const index = 1 + (slot % (perPage - 1))
    if (index === 1) page.fill(0, 0, entryBytes)
    const free = slot % 20 === 19 && slots - slot > opened.length - next
    put(page, index * entryBytes, free || next >= opened.length ? null : opened[next++])
  }
  if (next < opened.length) throw new Error('A handle table has too few entries.')
}

const writeObjectPointer = (
  page: Buffer,
  at: number,
  header: Va,
  { shift, unlocked }: Objects['layout']['entry'],
  width: Width,
  random: Random,
): void => {
  if (shift === 0) {
    // The bits below tell whether it is locked, inherited, audited.
    writePointer(page, at, header + unlocked + (random.chance(0.1) ? 2 : 0), width)
    return
  }
  // Bits 4 and up of the header's address, above attributes, references and the lock.
  const address = BigInt(header) >> 4n
  const word = (address << BigInt(shift + 4)) | (BigInt(random.below(0x7fff)) << 1n) | BigInt(unlocked)
  page.writeBigUInt64LE(BigInt.asUintN(64, word), at)
}
