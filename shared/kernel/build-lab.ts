import { asciiAt } from '../bytes/view.ts'
import { readU32 } from '../memory/ranges.ts'
import type { Kernel } from './kernel.ts'

type Source = Pick<Kernel, 'kdbg' | 'memory'>

const maxCharacters = 128

/** The text of nt!NtBuildLab, for example `3790.srv03_sp2_gdr.080813-1204`; null when it is not in the dump. */
export const readBuildLab = async ({ kdbg, memory }: Source): Promise<string | null> => {
  const address = kdbg?.pointer('NtBuildLab') ?? null
  if (address === null) return null
  const { bytes, gaps } = await memory.read(address, maxCharacters)
  const text = asciiAt(bytes, 0, gaps[0]?.offset ?? maxCharacters)
  return /^[\x20-\x7e]+$/.test(text) ? text : null
}

/** The installed service pack: bits 8 to 15 of nt!CmNtCSDVersion (reference 4.2). */
export const readServicePack = async ({ kdbg, memory }: Source): Promise<number | null> => {
  const address = kdbg?.pointer('CmNtCSDVersion') ?? null
  const version = address === null ? null : await readU32(memory, address)
  return version === null ? null : (version >>> 8) & 0xff
}
