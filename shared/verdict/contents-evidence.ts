import type { Evidence } from '../analysis/finding.ts'
import { evidence, evidenceTable } from './evidence.ts'
import type { Field, Suspect } from './suspects.ts'
import { listed } from './wording.ts'

/** Leaked blocks hold pointers into the module: its routines, its variables. */
export const contentsEvidence = ({ name, pointed }: Suspect, { tag }: Field): Evidence[] => {
  if (pointed === null) return []
  const { blocks, sampled, otherBlocks, otherSampled, example, strength } = pointed
  const others =
    otherSampled === 0
      ? 'no other blocks were at hand to compare'
      : `in blocks of other tags ${otherBlocks} of ${otherSampled} do`
  return [
    evidence(
      strength === 'recurring' ? 'contents-recurring' : 'contents-some',
      `${blocks} of ${sampled} sampled blocks tagged ${tag} hold a pointer into ${name}; ${others}.`,
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
      other.framework === null &&
      other.pointed.blocks > pointed.blocks * evidenceTable.rivalShare,
  )

/**
 * The modules that the blocks point into rather than into this one: those that recur in them; where many blocks were looked
 * into and none points here, any that stands out. Pointers into a framework say nothing about who called it.
 */
export const pointedInstead = ({ base, pointed }: Suspect, field: Field): Suspect[] => {
  if (pointed?.strength === 'recurring') return []
  const others = field.suspects.filter(
    (other) => other.base !== base && other.pointed !== null && other.framework === null,
  )
  const recurring = others.filter((other) => other.pointed?.strength === 'recurring')
  return recurring.length === 0 && isSilentAbout({ base }, field) ? others : recurring
}

const isSilentAbout = ({ base }: Pick<Suspect, 'base'>, { contents }: Field): boolean =>
  contents !== null &&
  contents.sampledBlocks >= evidenceTable.silence.sample &&
  contents.otherSampledBlocks >= evidenceTable.recurring.sample &&
  !contents.modules.some((module) => module.base === base)

/** What the blocks do not hold. */
export const contentsDoubts = (suspect: Suspect, field: Field): Evidence[] => {
  const elsewhere = pointedInstead(suspect, field)
  if (elsewhere.length > 0)
    return [
      evidence(
        elsewhere.some((other) => other.pointed?.strength === 'recurring')
          ? 'contents-elsewhere'
          : 'contents-some-elsewhere',
        `The blocks' contents point into ${listed(elsewhere.map((other) => other.name))} instead.`,
      ),
    ]
  return isSilentAbout(suspect, field)
    ? [
        evidence(
          'contents-silent',
          `None of ${field.contents?.sampledBlocks} sampled blocks tagged ${field.tag} holds a pointer into ${suspect.name}.`,
        ),
      ]
    : []
}
