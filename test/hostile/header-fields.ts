import type { Variant } from '../conformance/verdict-matrix-dump.ts'
import { culprit, importing, leaking, leakTag, tagging, untagged } from '../conformance/verdict-matrix-machines.ts'
import { type ContainerName, containers, containersFor } from '../forge/container/container.ts'
import { buildMachine, type Machine } from '../forge/machine/machine.ts'
import type { Scenario } from '../forge/scenario.ts'
import { matrixMachines } from '../forge/scenarios/matrix.ts'
import type { Hostile } from './variants.ts'

/** A number in a dump that says where or what something is. */
type Field = { readonly name: string; readonly at: number; readonly bytes: 4 | 8 }

const field = (name: string, at: number, bytes: 4 | 8): Field => ({ name, at, bytes })

/** The dump's header (reference 1.2, 1.3) as far as anything is concluded from it. */
const headers: Readonly<Record<4 | 8, readonly Field[]>> = {
  4: [
    field('version', 0x8, 4),
    field('build', 0xc, 4),
    field('DirectoryTableBase', 0x10, 4),
    field('PfnDataBase', 0x14, 4),
    field('PsLoadedModuleList', 0x18, 4),
    field('PsActiveProcessHead', 0x1c, 4),
    field('MachineImageType', 0x20, 4),
    field('NumberProcessors', 0x24, 4),
    field('BugCheckCode', 0x28, 4),
    field('PaeEnabled', 0x5c, 4),
    field('KdDebuggerDataBlock', 0x60, 4),
    field('number of runs', 0x64, 4),
    field('number of pages', 0x68, 4),
    field('base of the first run', 0x6c, 4),
    field('pages of the first run', 0x70, 4),
    field('base of the second run', 0x74, 4),
    field('pages of the second run', 0x78, 4),
    field('flags of the context', 0x320, 4),
    field('Attributes', 0x8a0, 4),
    field('DumpType', 0xf88, 4),
    field('RequiredDumpSpace', 0xfa0, 8),
    field('SystemUpTime', 0xfb8, 8),
    field('SystemTime', 0xfc0, 8),
  ],
  8: [
    field('version', 0x8, 4),
    field('build', 0xc, 4),
    field('DirectoryTableBase', 0x10, 8),
    field('PfnDataBase', 0x18, 8),
    field('PsLoadedModuleList', 0x20, 8),
    field('PsActiveProcessHead', 0x28, 8),
    field('MachineImageType', 0x30, 4),
    field('NumberProcessors', 0x34, 4),
    field('BugCheckCode', 0x38, 4),
    field('KdDebuggerDataBlock', 0x80, 8),
    field('number of runs', 0x88, 4),
    field('number of pages', 0x90, 8),
    field('base of the first run', 0x98, 8),
    field('pages of the first run', 0xa0, 8),
    field('base of the second run', 0xa8, 8),
    field('pages of the second run', 0xb0, 8),
    field('flags of the context', 0x378, 4),
    field('DumpType', 0xf98, 4),
    field('RequiredDumpSpace', 0xfa0, 8),
    field('SystemTime', 0xfa8, 8),
    field('SystemUpTime', 0x1030, 8),
    field('Attributes', 0x1050, 4),
  ],
}

/** How many bytes behind the header describe what follows, word by word. */
const describing = { full: 0, summary: 0x28, bitmap: 0x40, ranges: 0x70, triage: 0x80, 'header-only': 0 } as const

const fieldsOf = (width: 4 | 8, container: ContainerName): readonly Field[] => {
  const start = width === 4 ? 0x1000 : 0x2000
  const words = describing[containers[container].kind] / 4
  return [
    ...headers[width],
    ...Array.from({ length: words }, (_, index) => field(`word ${index} of the container`, start + index * 4, 4)),
    // The same as numbers of 64 bits, which most of them are.
    ...Array.from({ length: words / 2 }, (_, index) => field(`long ${index} of the container`, start + index * 8, 8)),
  ]
}

/** What a field is made to say, by what it said and how long the file is. */
const extremes: readonly ((was: bigint, fileBytes: bigint) => bigint)[] = [
  () => 0n,
  () => 1n,
  () => 2n,
  (was) => was + 1n,
  (was) => was - 1n,
  (was) => was ^ 0x1000n,
  (was) => was << 8n,
  () => 0x7fffffffn,
  () => 0x80000000n,
  () => 0xfffffff0n,
  () => 0xffffffffn,
  () => 0x45474150n,
  (_, fileBytes) => fileBytes - 1n,
  (_, fileBytes) => fileBytes / 4096n + 1n,
  () => 1n << 40n,
  () => 1n << 52n,
  () => (1n << 53n) - 1n,
  () => (1n << 53n) + 1n,
  () => 1n << 63n,
  () => (1n << 64n) - 0x1000n,
  () => (1n << 64n) - 1n,
  () => 0x4547415045474150n,
]

const set = (file: Buffer, { at, bytes }: Field, value: bigint): void => {
  if (bytes === 4) file.writeUInt32LE(Number(BigInt.asUintN(32, value)), at)
  else file.writeBigUInt64LE(BigInt.asUintN(64, value), at)
}

const get = (file: Buffer, { at, bytes }: Field): bigint =>
  bytes === 4 ? BigInt(file.readUInt32LE(at)) : file.readBigUInt64LE(at)

/** Machines that between them have every container, and in each of them a leak with a culprit. */
const scenarios: readonly { readonly scenario: Scenario; readonly guilty: Variant['guilty'] }[] = [
  ['x86-3790', untagged] as const,
  ['x86-pae-7601', leakTag] as const,
  ['x64-7601', untagged] as const,
  ['x64-19041', leakTag] as const,
].map(([name, tag]) => {
  const base = matrixMachines.find((machine) => machine.name === name)
  if (base === undefined) throw new Error(`There is no machine ${name}.`)
  const guilty = tag === untagged ? importing(base, culprit) : tagging(base, culprit)
  return {
    scenario: leaking(base, [guilty], [{ tag, owner: culprit, scale: 1, bigOnly: false }]),
    guilty: { [tag]: culprit },
  }
})

/** A hostile dump with one field changed, of a machine that is built when it is first asked for; numbered from 0. */
export type FieldCase = { readonly index: number; readonly machine: () => Machine; readonly dump: Hostile }

/** Every field with every extreme, by machine and container. */
export const fieldCases = (): FieldCase[] =>
  scenarios
    .flatMap(({ scenario, guilty }) => {
      let built: Machine | null = null
      const machine = (): Machine => {
        built ??= buildMachine(scenario)
        return built
      }
      return containersFor(scenario.layout).flatMap((container) =>
        fieldsOf(scenario.layout.width, container).flatMap((changed) =>
          extremes.map((extreme, number) => ({
            machine,
            dump: {
              label: `${scenario.name} as ${container}: ${changed.name} at 0x${changed.at.toString(16)}, extreme ${number}`,
              undecidable: false,
              variant: {
                scenario,
                container,
                guilty,
                patch: (file: Buffer) => set(file, changed, extreme(get(file, changed), BigInt(file.length))),
              },
            },
          })),
        ),
      )
    })
    .map((one, index) => ({ ...one, index }))
