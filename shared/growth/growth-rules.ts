/**
 * When figures of several dumps are called growth. Data, with the reason of each figure; all of it is judgement [I].
 * Change the version with every change of a figure.
 */
export const growthRules = {
  version: '2',

  /** Boot times by two dumps of one boot differ by clock corrections, and by a clock's drift in proportion to time. */
  bootTolerance: { seconds: 300, perElapsed: 0.001 },

  /** Drivers found in both dumps, by name, of which so many must be the same file. A driver update changes a few. */
  sameDrivers: { share: 0.9, least: 5 },
  /** Fewer of the same files than this: not the same machine's set of drivers. */
  otherDrivers: 0.5,
  /** Firmware gives a little more or less memory from one boot to the next. */
  physicalPagesShare: 0.01,

  /** What changes within minutes says nothing of hours. */
  leastHours: 0.25,
  /** Gain, of the pool's bytes in the last dump: less than one byte in fifty exhausts nothing soon. */
  gainShareOfPool: 0.02,
  /** Gain, of what the tag held at first: a big tag breathes by a few per cent. */
  gainShareOfTag: 0.05,
  /** Gain a day, of what the tag held at first: slower than doubling in a hundred days is hardly felt. */
  dailyGainShareOfTag: 0.01,
  /** Caches and tables fill while a machine starts: growth from a dump this soon after boot is said to be that perhaps. */
  settledHours: 2,
  mostFindings: 5,

  /** Two tags are in step when their new blocks are split alike over the intervals: shares differ by no more than this. */
  lockstepShare: 0.05,
  /** With two dumps there is one interval and nothing to be split: only equal numbers of new blocks can be seen. */
  lockstepCount: 0.01,
  /** Small numbers are alike by chance. */
  lockstepBlocks: 100,
  mostInStep: 8,
} as const
