import type { Finding } from '../analysis/finding.ts'
import type { Module } from '../analysis/module.ts'
import { advice } from './advice.ts'
import type { Knowledge } from './knowledge.ts'

/** More of either kind say no more than these. */
const mostFindings = 10

/**
 * What is odd about who is loaded: images in memory that the list does not name, entries of the list without an image.
 * Information: hiding proves no leak, and an image that a leak's finding names is told of there.
 */
export const hiddenFindings = (knowledge: Knowledge, others: readonly Finding[]): Finding[] => {
  const named = new Set(others.flatMap(({ candidates }) => candidates.map(({ base }) => base)))
  const notImages = new Set(knowledge.moduleDoubts?.notImages ?? [])
  const unlisted = knowledge.modules.filter(({ listed, base }) => !listed && !named.has(base))
  const forged = knowledge.modules.filter(({ listed, base }) => listed && notImages.has(base))
  return [
    ...unlisted.slice(0, mostFindings).map((module) => unlistedFinding(module, knowledge.moduleDoubts?.list ?? null)),
    ...forged.slice(0, mostFindings).map(forgedFinding),
  ]
}

const information = (id: string, kind: string, summary: string, nextStep: string): Finding => ({
  id,
  kind,
  pool: null,
  tag: null,
  bytes: null,
  outstanding: null,
  status: 'information',
  candidates: [],
  summary,
  nextStep,
})

const unlistedFinding = (module: Module, listNote: string | null): Finding => {
  const { name, base, size, pdb, company } = module
  const known = [
    company === undefined ? null : `It says it is made by ${company}.`,
    pdb === null ? null : `Its PDB is ${pdb.name}.`,
  ].filter((sentence) => sentence !== null)
  const listed =
    listNote === null
      ? 'that the list of loaded modules does not name'
      : 'that was not met on the list of loaded modules, which could not be followed to its end and may name it'
  return information(
    `hidden-module-${base}`,
    'hidden-module',
    [
      `${name} at ${base} (0x${size.toString(16)} bytes) is a driver in memory, its imports bound and its code executable, ${listed}.`,
      ...known,
    ].join(' '),
    advice.unlisted,
  )
}

const forgedFinding = ({ name, base }: Module): Finding =>
  information(
    `forged-module-${base}`,
    'forged-module',
    `The list of loaded modules has ${name} at ${base}, and the memory there is in the dump and begins no image: the entry is false, or the driver wiped its headers.`,
    advice.unlisted,
  )
