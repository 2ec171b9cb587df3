import { bufferSource } from '../../shared/bytes/buffer-source.ts'
import type { ByteSource } from '../../shared/bytes/source.ts'
import type { PhysicalMemory } from '../../shared/dump/physical-memory.ts'

/** Physical pages at any page numbers, as a source and a map of it. */
export const sparseMemory = (
  pages: ReadonlyMap<number, Uint8Array>,
): { source: ByteSource; physical: PhysicalMemory } => {
  const pfns = [...pages.keys()].sort((a, b) => a - b)
  const file = new Uint8Array(pfns.length * 4096)
  for (const [index, pfn] of pfns.entries()) file.set(pages.get(pfn) ?? [], index * 4096)
  return {
    source: bufferSource(file),
    physical: {
      expectedPages: pfns.length,
      presentPages: pfns.length,
      locate: (pfn) => (pages.has(pfn) ? pfns.indexOf(pfn) * 4096 : 'not-in-dump'),
      runs: () => pfns.map((pfn, index) => ({ pfn, pages: 1, fileOffset: index * 4096 })),
    },
  }
}
