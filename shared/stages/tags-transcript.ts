import type { TranscriptEntry } from '../analysis/analysis.ts'
import type { ModuleSearch } from '../imports/search-module.ts'
import { tagOfKey } from '../kernel/pools/pool-tag.ts'
import { isPresent } from '../memory/ranges.ts'
import type { VirtualMemory } from '../memory/virtual-memory.ts'
import { searchText } from '../report/tag-commands.ts'

/** More hits than this are no transcript that anybody reads. */
const maxHits = 64
const lineBytes = 16

/** The ordinary method's command for each tag: which words in which modules hold its characters. */
export const tagsTranscript = async (
  memory: VirtualMemory,
  keys: readonly number[],
  searches: readonly ModuleSearch[],
): Promise<TranscriptEntry[]> => {
  const entries: TranscriptEntry[] = []
  for (const key of keys) {
    const places = searches.flatMap(({ tags }) => tags.places.filter((place) => place.key === key)).slice(0, maxHits)
    const lines = places.map(async ({ address }) => {
      const range = await memory.read(address, lineBytes)
      const bytes = Array.from(range.bytes, (byte, at) => (isPresent(range, at, 1) ? byte : null))
      return { address, bytes }
    })
    entries.push(searchText(tagOfKey(key), await Promise.all(lines), memory.pointerBytes))
  }
  return entries
}
