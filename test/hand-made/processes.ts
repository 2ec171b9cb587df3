import type { HandMadeKernel } from './kernel.ts'

export type ProcessFields = {
  readonly name: string
  readonly pid: number
  readonly directoryTableBase?: bigint
  readonly activeThreads?: number
}

/** EPROCESS of Server 2003 SP1 x86 and Windows 7 x64, the builds that hand-made kernels are of (reference 11.4). */
const layouts = {
  4: { root: 0x18, pid: 0x94, links: 0x98, objectTable: 0xd4, name: 0x164, threads: 0x190 },
  8: { root: 0x28, pid: 0x180, links: 0x188, objectTable: 0x200, name: 0x2e0, threads: 0x328 },
} as const

/** Writes a process list; returns its head and the addresses of the EPROCESS structures. `at` is where they go. */
export const addProcesses = (
  made: HandMadeKernel,
  processes: readonly ProcessFields[],
  at?: bigint,
): { head: bigint; addresses: bigint[] } => {
  const layout = layouts[made.pointerBytes]
  const bytes = 0x400
  const area = at ?? made.fresh(bytes * (processes.length + 1))
  if (at !== undefined) made.write(at, new Uint8Array(bytes * (processes.length + 1)))
  const addresses = processes.map((_, index) => area + BigInt(bytes * (index + 1)))
  const links = [area, ...addresses.map((address) => address + BigInt(layout.links))]
  for (const [index, address] of links.entries()) {
    made.pointer(address, links[(index + 1) % links.length])
    made.pointer(address + BigInt(made.pointerBytes), links[(index + links.length - 1) % links.length])
  }
  for (const [index, { name, pid, directoryTableBase, activeThreads }] of processes.entries()) {
    const address = addresses[index]
    made.u16(address, 3)
    made.pointer(address + BigInt(layout.root), directoryTableBase ?? made.directoryTableBase)
    made.pointer(address + BigInt(layout.pid), BigInt(pid))
    made.pointer(address + BigInt(layout.objectTable), made.base + 0x8000n)
    made.text(address + BigInt(layout.name), name.slice(0, 14))
    made.u32(address + BigInt(layout.threads), activeThreads ?? 1)
  }
  return { head: area, addresses }
}
