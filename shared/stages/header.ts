import type { Coverage, TranscriptEntry } from '../analysis/analysis.ts'
import type { DumpFacts, Refusal } from '../analysis/dump-facts.ts'
import type { Module, UnloadedModule } from '../analysis/module.ts'
import { hexAddress } from '../analysis/scalars.ts'
import type { ByteSource } from '../bytes/source.ts'
import type { DumpHeader } from '../dump/header.ts'
import { type Dump, type MemoryDump, openDump, type TriageDump } from '../dump/open-dump.ts'
import { pageBytes } from '../dump/run-memory.ts'
import { readBuildLab, readServicePack } from '../kernel/build-lab.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { readMemoryUsage } from '../kernel/memory-usage.ts'
import { openKernel } from '../kernel/open-kernel.ts'
import { openTriage } from '../kernel/open-triage.ts'
import { sessionNote } from '../kernel/session-space.ts'
import { readUnloadedModules } from '../kernel/unloaded-modules.ts'
import { renderModules } from '../report/modules.ts'
import { renderBugcheck, renderTarget, type TargetDetails } from '../report/target.ts'
import { renderVm } from '../report/vm.ts'
import { symbolResolver } from '../symbols/resolve.ts'
import { dumpFacts } from './dump-facts.ts'
import { describeModules, describeUnlisted } from './modules.ts'
import type { StageOptions } from './options.ts'
import type { HeaderResult } from './results.ts'
import { isoTime } from './windows-time.ts'

type Result = Omit<HeaderResult, 'cost'>

/**
 * The first stage: what the file is, which machine crashed how, its modules and `!vm`. Reads the header and some
 * hundred pages, whatever the dump's size. A file that cannot be analysed is a result with `dump.refusal`; rejects
 * only when reading fails.
 */
export const headerStage = async (source: ByteSource, options: StageOptions): Promise<Result> => {
  const dump = await openDump(source)
  switch (dump.kind) {
    case 'memory':
      return memoryResult(source, dump, options)
    case 'triage':
      return triageResult(source, dump)
    default:
      return withoutMemory(dump, dumpFacts(dump, source.size))
  }
}

/** What there is to say of an upload of so many bytes that could not be unpacked. */
export const refusedResult = (bytes: number, refusal: Refusal): Result => {
  const dump: Dump = { kind: 'refused', refusal, format: 'unknown', header: null }
  return withoutMemory(dump, dumpFacts(dump, bytes))
}

const withoutMemory = (dump: Dump, facts: DumpFacts): Result => ({
  dump: facts,
  modules: [],
  unloadedModules: [],
  memory: null,
  coverage: [],
  transcript: dump.header === null ? [] : targetTranscript(facts, dump.header, noDetails(dump.header)),
})

const noDetails = ({ psLoadedModuleList }: DumpHeader): TargetDetails => ({
  servicePack: null,
  buildLab: null,
  kernelBase: null,
  psLoadedModuleList,
})

const targetDetails = async (
  kernel: Pick<Kernel, 'memory' | 'kdbg' | 'modules'>,
  psLoadedModuleList: bigint,
): Promise<TargetDetails> => ({
  psLoadedModuleList,
  servicePack: await readServicePack(kernel),
  buildLab: await readBuildLab(kernel),
  kernelBase: kernel.kdbg?.kernBase ?? kernel.modules.at(0)?.base ?? null,
})

const memoryResult = async (source: ByteSource, dump: MemoryDump, options: StageOptions): Promise<Result> => {
  const kernel = await openKernel(source, dump)
  const facts = dumpFacts(dump, source.size, kernel.architecture)
  const { modules: listed, notImages, coverage: headersRead } = await describeModules(kernel)
  const ring = await readUnloadedModules(kernel)
  const unloaded = ring ?? []
  const { modules: unlisted, coverage: unlistedSearch } = await describeUnlisted(kernel, unloaded)
  // The kernel comes first (reference 6.1), what is not listed last.
  const modules = [...listed, ...unlisted]
  const unloadedModules = unloaded.map((driver) => ({
    name: driver.name ?? '<name paged out>',
    start: hexAddress(driver.start),
    end: hexAddress(driver.end),
    unloadedAt: isoTime(driver.unloadedAt),
  }))
  const memory = await readMemoryUsage(kernel, symbolResolver(options.symbols, kernel.modules))
  return {
    dump: facts,
    modules,
    unloadedModules,
    moduleDoubts: { list: kernel.modulesNote, notImages, unloadedUnknown: ring === null },
    memory,
    root: {
      ...kernel.root,
      directoryTableBase: hexAddress(kernel.root.directoryTableBase),
      psLoadedModuleList: hexAddress(kernel.root.psLoadedModuleList),
    },
    coverage: [
      pagesCoverage(dump),
      headersRead,
      unlistedSearch,
      ...pageTables(kernel),
      ...noted('session space', await sessionNote(kernel.modules, kernel.spaceOf)),
      ...noted('module list', kernel.modulesNote),
      ...noted(
        'unloaded drivers',
        ring === null ? 'The list of unloaded drivers is not in the dump: which there were is not known.' : null,
      ),
      ...noted('debugger data block', kernel.kdbgNote),
    ],
    transcript: [
      ...targetTranscript(facts, dump.header, await targetDetails(kernel, kernel.root.psLoadedModuleList)),
      {
        command: 'lm',
        output: renderModules(modules, unloadedModules, kernel.memory.pointerBytes, kernel.modulesNote),
      },
      { command: '!vm', output: renderVm(memory) },
    ],
  }
}

const triageResult = async (source: ByteSource, dump: TriageDump): Promise<Result> => {
  const { header, triage } = dump
  const kernel = await openTriage(source, dump)
  const facts = dumpFacts(dump, source.size, kernel.architecture)
  const modules = triage.drivers.map(
    ({ path, base, size, timestamp, checksum }): Module => ({
      name: path?.replace(/^.*\\/, '') || `unnamed@${hexAddress(base)}`,
      path,
      base: hexAddress(base),
      size,
      timestamp: hexAddress(BigInt(timestamp)),
      checksum: hexAddress(BigInt(checksum)),
      pdb: null,
      listed: true,
      readBytes: 0,
    }),
  )
  const unloadedModules = triage.unloaded.map(
    ({ name, start, end }): UnloadedModule => ({
      name,
      start: hexAddress(start),
      end: hexAddress(end),
      unloadedAt: null,
    }),
  )
  return {
    dump: facts,
    modules,
    unloadedModules,
    memory: null,
    coverage: [
      {
        area: 'small memory dump',
        wantedBytes: 0,
        readBytes: 0,
        note: [
          'A small memory dump lists the drivers and holds neither their images nor kernel pool.',
          ...triage.notes,
        ].join(' '),
      },
    ],
    transcript: [
      ...targetTranscript(facts, header, await targetDetails(kernel, header.psLoadedModuleList)),
      { command: 'lm', output: renderModules(modules, unloadedModules, header.bits === 64 ? 8 : 4) },
    ],
  }
}

const targetTranscript = (facts: DumpFacts, header: DumpHeader, details: TargetDetails): TranscriptEntry[] => [
  { command: 'vertarget', output: renderTarget(facts, header, details) },
  { command: '.bugcheck', output: renderBugcheck(header) },
]

const pagesCoverage = ({ physical, truncated, header }: MemoryDump): Coverage => {
  const missing = physical.expectedPages - physical.presentPages
  const notes = [
    truncated
      ? `The file is cut off: ${missing} of ${physical.expectedPages} pages that its header lists lie beyond its end.`
      : null,
    header.runsNote,
  ].filter((note) => note !== null)
  return {
    area: 'physical memory in the dump',
    wantedBytes: physical.expectedPages * pageBytes,
    readBytes: physical.presentPages * pageBytes,
    ...(notes.length > 0 ? { note: notes.join(' ') } : {}),
  }
}

/** What was looked through when the header's page tables were of no use; nothing otherwise. */
const pageTables = ({ root: { note, scannedBytes } }: Kernel): Coverage[] =>
  note === null ? [] : [{ area: 'page tables', wantedBytes: scannedBytes, readBytes: scannedBytes, note }]

/** Something to be said that no number of bytes expresses. */
const noted = (area: string, note: string | null): Coverage[] =>
  note === null ? [] : [{ area, wantedBytes: 0, readBytes: 0, note }]
