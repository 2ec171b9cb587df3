import type { Evidence } from '../analysis/finding.ts'
import { evidence, evidenceTable } from './evidence.ts'
import { frameworkReason } from './known-modules.ts'
import type { Field, Suspect } from './suspects.ts'
import { listed } from './wording.ts'

/** Leaked blocks hold pointers into the module: its routines, its variables. */
export const contentsEvidence = ({ name, pointed, loaded }: Suspect, { tag }: Field): Evidence[] => {
  if (pointed === null) return []
  const { blocks, sampled, otherBlocks, otherSampled, example, strength } = pointed
  const others =
    otherSampled === 0
      ? 'no other blocks were at hand to compare'
      : `in blocks of other tags ${otherBlocks} of ${otherSampled} do`
  const where = loaded ? name : `where ${name} was before it was unloaded`
  return [
    evidence(
      strength === 'recurring' ? 'contents-recurring' : 'contents-some',
      `${blocks} of ${sampled} sampled blocks tagged ${tag} hold a pointer into ${where}; ${others}.`,
      { address: example, module: name },
    ),
  ]
}

/** Whether a good part of the blocks points into this module, and into no other as often. */
export const blocksPointHere = ({ base, pointed }: Suspect, { suspects }: Field): boolean =>
  pointed?.strength === 'recurring' &&
  !suspects.some(
    (other) =>
      other.base !== base &&
      other.pointed?.strength === 'recurring' &&
      frameworkReason(other.name) === null &&
      other.pointed.blocks > pointed.blocks * evidenceTable.rivalShare,
  )

/** What the blocks do not hold. Pointers into a framework say nothing about who called it. */
export const contentsDoubts = ({ name, base, pointed }: Suspect, field: Field): Evidence[] => {
  const { contents, suspects, tag } = field
  if (contents === null || contents.sampledBlocks < evidenceTable.recurring.sample) return []
  const others = suspects.filter(
    (other) => other.base !== base && other.pointed !== null && frameworkReason(other.name) === null,
  )
  const recurring = others.filter((other) => other.pointed?.strength === 'recurring')
  const wellSampled =
    contents.sampledBlocks >= evidenceTable.silence.sample &&
    contents.otherSampledBlocks >= evidenceTable.recurring.sample
  const silent = wellSampled && !contents.modules.some((module) => module.base === base)
  const elsewhere = pointed?.strength === 'recurring' ? [] : silent ? others : recurring
  if (elsewhere.length > 0)
    return [
      evidence(
        'contents-elsewhere',
        `The blocks' contents point into ${listed(elsewhere.map((other) => other.name))} instead.`,
      ),
    ]
  return silent
    ? [
        evidence(
          'contents-silent',
          `None of ${contents.sampledBlocks} sampled blocks tagged ${tag} holds a pointer into ${name}.`,
        ),
      ]
    : []
}
