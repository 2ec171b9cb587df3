import type { Random } from '../random.ts'
import { type Va, type Width, writePointer } from '../words.ts'
import type { Block } from './pool.ts'

/** Where an owner's blocks point: its routines and its variables. */
export type Owner = { readonly functions: readonly Va[]; readonly globals: readonly Va[] }

/** Writes what a driver keeps in its blocks, into a share of them. */
export const writeOwned = (block: Block, owner: Owner, share: number, width: Width, random: Random): void => {
  if (block.fate === 'out' || !random.chance(share)) return
  const words = Math.floor(block.length / width)
  if (words < 1) return
  const place = (): number => block.offset + random.below(words) * width
  writePointer(block.bytes, place(), random.pick(owner.functions), width)
  if (words > 4 && random.chance(0.4)) writePointer(block.bytes, place(), random.pick(owner.globals), width)
}

/**
 * Leaked blocks hang together: a share of them sits on one doubly linked list whose head is a variable of the driver.
 * Link words come first in the block, a callback or context pointer behind them.
 */
export const createLeakChain = (head: Va, owner: Owner, width: Width, random: Random) => {
  let first: Va | null = null
  let last: { block: Block; va: Va } | null = null
  return {
    add: (block: Block): void => {
      if (block.fate === 'out') return
      const words = Math.floor(block.length / width)
      if (words >= 4 && random.chance(0.45)) {
        writePointer(block.bytes, block.offset, head, width)
        writePointer(block.bytes, block.offset + width, last?.va ?? head, width)
        if (last !== null) writePointer(last.block.bytes, last.block.offset, block.va, width)
        first ??= block.va
        last = { block, va: block.va }
      }
      if (words >= 4 && random.chance(0.5)) {
        const at = block.offset + (2 + random.below(words - 2)) * width
        writePointer(block.bytes, at, random.pick(random.chance(0.7) ? owner.functions : owner.globals), width)
      }
    },
    /** Flink and Blink of the head. */
    ends: (): readonly [Va, Va] => [first ?? head, last?.va ?? head],
  }
}
