import type { Evidence } from '../analysis/finding.ts'

/**
 * How evidence adds up. A weight is a natural-log likelihood ratio: how much likelier the observation is if this module
 * leaks than if another does. A candidate starts at `prior`, weights for it are added, weights against it subtracted,
 * and the sum of log odds becomes a probability: 1 / (1 + e^-sum). So 0 is even odds, +2.2 is 0.9, and a weight of 0.7
 * doubles the odds. The figures are judgement, not statistics; each line says whose. `culprit` needs 0.9 (contract.md).
 */
export const evidenceTable = {
  version: '2',

  /** A module with some reason to be looked at, before any is weighed: less than one in five. */
  prior: -1.5,

  /** No confidence is certainty: memory can be overwritten, a dump can lie. */
  ceiling: 0.99,

  /** Frameworks allocate for their clients, so none is named culprit however much points to it (field-lessons.md: Wdf01000 and tag `amda`). */
  frameworkCeiling: 0.8,

  weights: {
    /** An import slot the headers declare: the driver was built to call the allocator (reference 7.5). */
    'import-table': 1.5,
    'delay-import': 1.5,
    /** The same table with its headers gone (INIT discarded) or never listed; one step of inference more. */
    'unlisted-import-table': 1.4,
    /** One pointer in data: fetched at run time, or a table of routines the module watches rather than calls. */
    'stored-pointer': 0.3,
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

    /** A driver on no list hides from something; that alone makes it no leaker. */
    unlisted: 0.5,
    /** It is gone and its blocks are not: what a driver leaves behind when it unloads is never freed. */
    unloaded: 0.3,

    /** It is one of several holders: the odds halve with each doubling of their number, each counted by its kind's worth. */
    'other-holders': Math.LN2,
    /** Other slots of the table are called, this one never: imported and not used. */
    'not-called': 1.2,
    /** The leaked blocks recurringly point into another module. */
    'contents-elsewhere': 2.5,
    /** The allocator's address is nowhere in this module: it would have to allocate through another. */
    'no-holder': 1,
    /** Too few import tables were read to call anyone the only one. */
    'unsearched-modules': 1,
    framework: 2,
    /** hal of XP and 2003 uses ExAllocatePool legitimately (reference 7.5, step 6). */
    'hal-holds-it': 0.2,
    /** A driver that is gone leaves its blocks and takes its import table along. */
    'unloaded-drivers': 0.2,
    /** One of the two untagged routines is not among nt's exports in the dump, so nobody was searched for it. */
    'allocator-unresolved': 0.2,
  },

  /** Share of the modules' import tables that must have been read for "the only one of those read". */
  nearlyAll: 0.95,
  /** What "a good part" means: share of sampled blocks, how many times the share among other blocks, smallest sample. */
  recurring: { share: 0.25, timesOthers: 4, sample: 16 },
  /** And "few": enough that one stray pointer does not count. */
  some: { share: 0.05, timesOthers: 4, blocks: 4 },

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
