import { utf16, viewOf } from '../bytes/view.ts'
import type { VirtualMemory } from '../memory/virtual-memory.ts'
import type { Image } from './image.ts'
import { readFirstResource } from './resources.ts'

/** What an image's version resource says of it; what is not in it is left out. */
export type Version = {
  readonly company?: string
  readonly product?: string
  /** As the vendor wrote it (`FileVersion`), else the four numbers of the fixed part. */
  readonly version?: string
  readonly description?: string
  readonly originalName?: string
}

const versionType = 16
/** Real ones have some 800 bytes, with several languages a few thousand. */
const maxResourceBytes = 32 * 1024
const maxTextCharacters = 256
/** Strings, tables and blocks together; a resource of Windows has about a dozen. */
const maxNodes = 256

const fixedBytes = 0x34
const fixedSignature = 0xfeef04bd

const names: Readonly<Record<string, keyof Version>> = {
  CompanyName: 'company',
  ProductName: 'product',
  FileVersion: 'version',
  FileDescription: 'description',
  OriginalFilename: 'originalName',
}

/**
 * The version resource (reference 7.8: often absent, `.rsrc` is pageable and in old drivers discarded). Null when the
 * image has none, one of its pages is absent, or it is not one.
 */
export const readVersion = async (memory: VirtualMemory, image: Image): Promise<Version | null> => {
  const resource = await readFirstResource(memory, image, versionType, maxResourceBytes)
  return resource === null ? null : decodeVersion(resource)
}

/** A node of the resource's tree: `value` and `children` are where each begins, `end` where the node does. */
type Node = { readonly key: string; readonly value: number; readonly children: number; readonly end: number }

/**
 * Decodes VS_VERSIONINFO: nodes of { length u16, length of the value u16, kind u16, key in UTF-16, value, children },
 * each part aligned to four bytes (Windows SDK, "Version Information"). The first language that is written out counts.
 * Pure.
 */
export const decodeVersion = (resource: Uint8Array): Version | null => {
  const view = viewOf(resource)
  const root = nodeAt(view, 0, resource.length)
  if (root === null || root.key !== 'VS_VERSION_INFO') return null
  const found: { -readonly [Field in keyof Version]: Version[Field] } = {}
  let nodes = 0
  function* childrenOf({ children, end }: Node): Generator<Node> {
    for (let at = children; nodes < maxNodes; nodes++) {
      const child = nodeAt(view, at, end)
      if (child === null) return
      yield child
      at = aligned(child.end)
    }
  }
  for (const block of childrenOf(root)) {
    if (block.key !== 'StringFileInfo') continue
    for (const table of childrenOf(block))
      for (const string of childrenOf(table)) {
        const field = Object.hasOwn(names, string.key) ? names[string.key] : undefined
        // It goes into reports: no line ends, no characters that move others about.
        const text = textAt(view, string.value, string.end)
          .replace(/\p{C}+/gu, ' ')
          .trim()
        if (field !== undefined && text !== '') found[field] ??= text
      }
  }
  const fixed = fixedVersion(view, root)
  if (fixed !== null) found.version ??= fixed
  return Object.keys(found).length === 0 ? null : found
}

const aligned = (offset: number): number => (offset + 3) & ~3

/** The node at an offset, null where none fits before `limit`. */
const nodeAt = (view: DataView, at: number, limit: number): Node | null => {
  if (at + 8 > limit) return null
  const end = at + view.getUint16(at, true)
  if (end > limit || end < at + 8) return null
  const key = textAt(view, at + 6, end)
  const value = aligned(at + 6 + 2 * (key.length + 1))
  // A text's value length counts characters, other kinds' bytes; only the fixed part stands before children.
  const isText = view.getUint16(at + 4, true) === 1
  const valueBytes = view.getUint16(at + 2, true) * (isText ? 2 : 1)
  return { key, value: Math.min(value, end), children: Math.min(aligned(value + valueBytes), end), end }
}

/** Characters up to the closing zero or the end, a bounded number of them. */
const textAt = (view: DataView, at: number, end: number): string => {
  const text = utf16(new Uint8Array(view.buffer, view.byteOffset + at, Math.min(end - at, 2 * maxTextCharacters)))
  const length = text.indexOf('\0')
  return length < 0 ? text : text.slice(0, length)
}

/** `major.minor.build.revision` of VS_FIXEDFILEINFO, which is the root's value. */
const fixedVersion = (view: DataView, { value, end }: Node): string | null => {
  if (value + fixedBytes > end || view.getUint32(value, true) !== fixedSignature) return null
  const parts = [0xa, 8, 0xe, 0xc].map((offset) => view.getUint16(value + offset, true))
  return parts.join('.')
}
