import { debuggerDigits } from './debugger-text.ts'

/** A block of a pool page as `!pool` lists it. `tag` is null where the header's tag means nothing. */
export type ShownBlock = {
  readonly address: bigint
  readonly size: number
  readonly previousSize: number
  readonly allocated: boolean
  readonly tag: string
  /** PROTECTED_POOL: the tag's highest bit (reference 8.2). */
  readonly isProtected: boolean
}

/** ` e1001040 size:   10 previous size:   40  (Free)       Mm`, and with a star the one that was asked about (documentation, "!pool"). */
export const blockLine = (block: ShownBlock, starred: boolean, pointerBytes: 4 | 8): string => {
  const star = starred ? '*' : ' '
  const size = (bytes: number): string => bytes.toString(16).padStart(4)
  const state = (block.allocated ? '(Allocated)' : '(Free)').padEnd(12)
  const suffix = block.isProtected ? ' (Protected)' : ''
  const address = debuggerDigits(block.address, pointerBytes)
  return `${star}${address} size: ${size(block.size)} previous size: ${size(block.previousSize)}  ${state}${star}${block.tag}${suffix}`
}

/** `*fffffa800cd6c000 : large page allocation, tag is EtwB, size is 0x10000 bytes` */
export const largeBlockLine = (
  { address, tag, bytes }: { readonly address: bigint; readonly tag: string; readonly bytes: number },
  pointerBytes: 4 | 8,
): string =>
  `*${debuggerDigits(address, pointerBytes)} : large page allocation, tag is ${tag}, size is 0x${bytes.toString(16)} bytes`

/** What is known of a tag, below the block that was asked about. */
export const tagLines = (
  tag: string,
  known: { readonly owner: string | null; readonly meaning: string } | null,
): string[] =>
  known === null
    ? ['\t\tOwning component : Unknown (update pooltag.txt)']
    : [`\t\tPooltag ${tag} : ${known.meaning}${known.owner === null ? '' : `, Binary : ${known.owner}`}`]
