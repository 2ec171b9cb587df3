import type { Evidence } from '../analysis/finding.ts'

/**
 * How evidence adds up. A weight is a natural-log likelihood ratio: how much likelier the observation is if this module
 * leaks than if another does. A candidate starts at `prior`, weights for it are added, weights against it subtracted,
 * and the sum of log odds becomes a probability: 1 / (1 + e^-sum). So 0 is even odds, +2.2 is 0.9, and a weight of 0.7
 * doubles the odds. The figures are judgement, not statistics; each line says whose. `culprit` needs 0.9 (contract.md).
 */
export const evidenceTable = {
  version: '9',

  /** A module with some reason to be looked at, before any is weighed: less than one in five. */
  prior: -1.5,

  /** No confidence is certainty: memory can be overwritten, a dump can lie. */
  ceiling: 0.99,

  /**
   * Without a reason to exclude everybody else (the only one of all that were searched, with the blocks looked into; or blocks that point to it alone)
   * nobody gets more than an even chance: a driver that could not be read may be the one.
   */
  openCeiling: 0.5,

  /**
   * Frameworks allocate for their clients, so none gets more, whatever points to it (field-lessons.md: Wdf01000 and tag
   * `amda`); nor does any other driver whose routines others import.
   */
  frameworkCeiling: 0.5,

  weights: {
    /** An import slot the headers declare: the driver was built to call the allocator (reference 7.5). */
    'import-table': 1.5,
    'delay-import': 1.5,
    /** The same table with its headers gone (INIT discarded) or never listed; one step of inference more. */
    'unlisted-import-table': 1.4,
    /** One pointer in data: fetched at run time, or a table of routines the module watches rather than calls. */
    'stored-pointer': 0.3,
    /** The routine's name as a text: it may fetch it at run time, or only look for who does. */
    'asks-by-name': 0.3,
    /** A word among instructions: a literal, or chance. */
    code: 0.1,

    /** The 2008 case: one module of all holds the routine that the leaked tag needs, and all import tables were read. */
    'sole-holder': 3.2,
    /** The same with a few tables unread (`nearlyAll` below): one of those could hold it as well. */
    'sole-holder-of-those-read': 1.5,
    /** Instructions go through the slot. Old build rules leave unused imports out, so this adds little. */
    called: 0.3,
    /** A good part of the leaked blocks, and not of others, points into this module: its callbacks, its objects. */
    'contents-recurring': 3,
    /** The same in few blocks, or without other blocks to compare with. */
    'contents-some': 1,

    /** Its code passes the leaked tag to a routine that allocates with it: the ordinary method at its best (reference 7.10). */
    'tag-at-call': 2.4,
    /** Its code loads the tag: for a wrapper of its own, or for something else than allocating. */
    'tag-loaded': 1.2,
    /** It frees blocks by the tag and was not seen to allocate with it: so does who frees what others made. */
    'tag-freed': 0.3,
    /** The only module whose code uses the tag, and all code was searched. */
    'sole-carrier': 2.2,
    /** The same with code unread (paged out as a rule). */
    'sole-carrier-of-those-read': 0.8,
    /** It imports a routine that takes a tag. Nearly every driver does. */
    'tagging-allocator': 0.2,
    /** A table of tags names this file as the owner. The owner need not be the one that allocates, and often is. */
    'tag-owner': 1.5,
    /** The framework tags blocks with the first characters of its client's service name, and this client's fit. */
    'framework-client-tag': 1.5,

    /** A driver on no list hides from something; that alone makes it no leaker. */
    unlisted: 0.5,
    /** It is gone and its blocks are not: what a driver leaves behind when it unloads is never freed. */
    unloaded: 0.3,

    /** Its handle table was gone through, and most of the handles to such objects are in it: counting, not inference. */
    'handles-counted': 4.5,
    /** The same of a good part of them: one of several. */
    'some-handles-counted': 1.5,
    /** What all other processes have open leaves most of the handles to this one: counting, not inference. */
    'handles-here': 4.5,
    /** It has more handles open than all others that could be read. */
    'most-handles': 1.5,

    /** It is one of several: the odds halve with each doubling of their number, each counted by its kind's worth. */
    'other-holders': Math.LN2,
    'other-carriers': Math.LN2,
    /** Another driver may have fetched the routine by its name. */
    'others-ask': 0.5,
    /** Other slots of the table are called, this one never: imported and not used. */
    'not-called': 1.2,
    /**
     * The leaked blocks point into another module and not into this one. It must outweigh being the only holder: that one
     * may be found alone because the true one fetched the pointer at run time, was unloaded, or could not be read.
     */
    'contents-elsewhere': 3.6,
    /** The same in few blocks. */
    'contents-some-elsewhere': 2.5,
    /** Many leaked blocks were looked into, and none points into it, nor anywhere else: buffers hold no pointers. */
    'contents-silent': 0.3,
    /** The allocator's address is nowhere in this module: it would have to allocate through another. */
    'no-holder': 1,
    /** The tag is nowhere in its code, and all of its code was searched. */
    'no-carrier': 1,
    /** It uses the tag, and imports no routine that takes one. */
    'no-tagging-allocator': 1,
    /** A table of tags names another driver's file. */
    'owner-elsewhere': 1.5,
    /** The kernel itself allocates under this tag, on behalf of whoever asks. */
    'kernel-tag': 1.5,
    'kernel-carries': 2.5,
    /** Too few import tables were read to call anyone the only one. */
    'unsearched-modules': 1,
    'unread-handle-tables': 0.5,
    /** Its handles lead to few of the objects, many to each. */
    'few-objects-held': 5,
    /** The threads it has handles to have not ended: handles keep those that have. */
    'still-running': 5,
    /** It has handles to every thread and process as a matter of course. */
    'keeps-account': 3,
    framework: 2,
    /** Other drivers import its routines, as those of a library that allocates for them. Some are merely two halves of one product. */
    'serves-others': 1,
    /** hal of XP and 2003 uses ExAllocatePool legitimately (reference 7.5, step 6). */
    'hal-holds-it': 0.2,
    /** A driver that is gone leaves its blocks and takes its import table along. */
    'unloaded-drivers': 0.2,
    /** One that was there for a good part of the time: with blocks that point nowhere it is as likely as any that is left. */
    'unloaded-late': 1.2,
    /**
     * A driver that hides is the likeliest to have fetched the routine at run time and kept no trace of it: with blocks
     * that point nowhere it is as likely as the one that the search found.
     */
    'hidden-drivers': 1.2,
    /** What the tag's counters claim is contradicted by the blocks found, or by the pool's own counter. */
    'blocks-not-found': 2,
    /** So few blocks are what somebody reserved; another tag leaks. */
    'few-blocks': 2,
    /** A bigger tag of the same pool leaks, and nobody is found for it: this one may be no leak at all. */
    'bigger-unexplained': 0.7,
    /** A routine is not among the exports that could be read, so nobody was searched for it. */
    'allocator-unresolved': 0.2,
  },

  /**
   * How much of being the only holder counts for a mere pointer: whoever fetches the routine at run time need not keep
   * its address, so the one that did is less likely the only one that can call it.
   */
  soleMerePointer: 0.5,

  /** Share of the import tables that must have been read for "the only one of those read", and of all code for "the only one". */
  nearlyAll: 0.95,
  /** And of each driver's code at least. The code of the kernel, which allocates for everybody, has to be read nearly whole. */
  mostOfCode: 0.5,
  /** What "a good part" means: share of sampled blocks, how many times the share among other blocks, smallest sample. */
  recurring: { share: 0.25, timesOthers: 4, sample: 16 },
  /** And "few": enough that one stray pointer does not count. */
  some: { share: 0.05, timesOthers: 4, blocks: 4 },
  /** How many blocks must have been looked into for a missing pointer to say something. */
  silence: { sample: 64 },
  /** Share of a type's objects, or of its handles, that counts as most of them. */
  handlesForObjects: 0.5,
  /** And so much a good part of them. */
  someHandles: 0.2,
  /** Share of a tag's booked bytes that must be found in blocks, where all blocks were counted. */
  bornOut: 0.25,
  /** A driver that was gone before a tenth of the machine's time was over is not what fills the pool at the end of it. */
  lateUnload: 0.1,
  /** A rival in the contents: another module that recurs in more than this share of the blocks that point to this one. */
  rivalShare: 0.5,
  /** One of several holders counts for this much of another at least: a pointer in data leaks as well as an import. */
  leastRival: 0.5,

  /** From here a candidate is the culprit, if the next one is this far behind. */
  culprit: { confidence: 0.9, lead: 0.3 },
  /** From here a candidate is worth a suspicion: one of five importers that nothing tells apart still is. */
  suspect: 0.15,
} as const

export type EvidenceKind = keyof typeof evidenceTable.weights

/** One item of evidence. `times` scales the weight where the table says "for each". */
export const evidence = (
  kind: EvidenceKind,
  statement: string,
  more: { address?: string; module?: string; times?: number } = {},
): Evidence => {
  const { times = 1, ...where } = more
  return { kind, statement, weight: round(evidenceTable.weights[kind] * times), ...where }
}

/** The probability that the evidence amounts to, under `ceiling`; two decimals, for more would be pretence. */
export const confidence = (
  inFavour: readonly Evidence[],
  against: readonly Evidence[],
  ceiling: number = evidenceTable.ceiling,
): number => {
  const sum = (items: readonly Evidence[]): number => items.reduce((total, item) => total + item.weight, 0)
  const logOdds = evidenceTable.prior + sum(inFavour) - sum(against)
  return Math.min(ceiling, round(1 / (1 + Math.exp(-logOdds))))
}

const round = (value: number): number => Math.round(value * 100) / 100
