import { bufferSource } from '../../shared/bytes/buffer-source.ts'
import { decodeHeader } from '../../shared/dump/header.ts'
import { runMemory } from '../../shared/dump/run-memory.ts'
import { x64Paging, x86Paging } from '../../shared/memory/paging.ts'
import { pteEra } from '../../shared/memory/pte.ts'
import { type VirtualMemory, virtualMemory } from '../../shared/memory/virtual-memory.ts'
import type { HandMadeDump } from '../hand-made/dump.ts'

/** The memory of a hand-made dump. */
export const memoryOf = (made: HandMadeDump): VirtualMemory => {
  const file = made.build()
  const header = decodeHeader(file)
  const physical = runMemory(header.runs ?? [], header.bits === 32 ? 0x1000 : 0x2000, file.length)
  return virtualMemory(bufferSource(file), physical, {
    mode: made.mode === 'x64' ? x64Paging : x86Paging,
    era: pteEra(7601),
    directoryTableBase: made.directoryTableBase,
  })
}
