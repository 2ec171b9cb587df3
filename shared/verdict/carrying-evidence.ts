import type { Evidence } from '../analysis/finding.ts'
import { takesTag } from '../imports/allocators.ts'
import type { Carrier } from './carriers.ts'
import { type EvidenceKind, evidence, evidenceTable } from './evidence.ts'
import { frameworkReason } from './known-modules.ts'
import { type Field, isKernelOwned, type Suspect } from './suspects.ts'
import { counted, listed, percent } from './wording.ts'

/** Carriers that may allocate with the tag; those that only free are none. */
const allocatingCarriers = ({ carriers }: Field): readonly Carrier[] =>
  carriers?.drivers.filter(({ strength }) => strength !== 'freeing') ?? []

/** Whether this carrier is the only one there can be: all code was searched, and neither another driver nor the kernel has it. */
export const isOnlyCarrier = ({ base }: Suspect, field: Field): boolean => {
  const [first, ...others] = allocatingCarriers(field)
  return (
    first?.base === base && others.length === 0 && field.carriers?.complete === true && field.carriers.core === null
  )
}

/** Whether some other driver's code may allocate with the tag. */
export const othersCarry = ({ base }: Suspect, field: Field): boolean =>
  allocatingCarriers(field).some((carrier) => carrier.base !== base)

/** Its code uses the tag, a table says that the tag is its own, or its framework would give it this tag. */
export const carryingEvidence = (suspect: Suspect, field: Field): Evidence[] => {
  const { name, carrier } = suspect
  const { tag, owner } = field
  const items: Evidence[] = []
  if (carrier !== null) items.push(...useEvidence(carrier, tag), ...soleCarrier(suspect, carrier, field))
  if (carrier !== null && importsTagging(suspect, field))
    items.push(evidence('tagging-allocator', `${name} imports a routine that allocates with a tag.`, { module: name }))
  if (owner !== null && namesFile(owner, name))
    items.push(evidence('tag-owner', `The table of tags gives ${tag} to ${owner}.`, { module: name }))
  if (suspect.frameworkClient)
    items.push(
      evidence(
        'framework-client-tag',
        `${name} is built on KMDF, which tags the blocks of a client that sets no tag with the first four characters of its service's name: ${tag} fits.`,
        { module: name },
      ),
    )
  return items
}

const kinds = { 'at-call': 'tag-at-call', loaded: 'tag-loaded', freeing: 'tag-freed' } as const satisfies Record<
  Carrier['strength'],
  EvidenceKind
>

const useEvidence = ({ name, use, strength }: Carrier, tag: string): Evidence[] => {
  const { allocating, loaded, releasing, example } = use
  const statement = {
    'at-call': `${counted(allocating, 'instruction')} in ${name} ${allocating === 1 ? 'passes' : 'pass'} the tag ${tag} to a routine that allocates with it, one at ${example}.`,
    loaded: `${counted(loaded, 'instruction')} in ${name} ${loaded === 1 ? 'loads' : 'load'} the tag ${tag}, one at ${example}.`,
    freeing: `${counted(releasing, 'instruction')} in ${name} ${releasing === 1 ? 'frees' : 'free'} blocks by the tag ${tag}, one at ${example}; none was found that allocates with it.`,
  }[strength]
  return [evidence(kinds[strength], statement, { address: example, module: name })]
}

const soleCarrier = (suspect: Suspect, carrier: Carrier, field: Field): Evidence[] => {
  const { carriers, tag } = field
  if (carriers === null || carriers.core !== null || carrier.strength === 'freeing' || othersCarry(suspect, field))
    return []
  const { name } = carrier
  return carriers.complete
    ? [
        evidence(
          'sole-carrier',
          `Of ${counted(carriers.modules, 'module')} it is the only one whose code uses the tag ${tag}; ${percent(carriers.readBytes, carriers.wantedBytes)} of all code was searched.`,
          { module: name },
        ),
      ]
    : [
        evidence(
          'sole-carrier-of-those-read',
          `It is the only module whose code was found to use the tag ${tag}, but only ${percent(carriers.readBytes, carriers.wantedBytes)} of all code could be searched.`,
          { module: name },
        ),
      ]
}

/** What speaks against a module as the one that allocates with a tag. */
export const carryingDoubts = (suspect: Suspect, field: Field): Evidence[] => {
  const { name, base, carrier, holder } = suspect
  const { tag, owner, carriers, search } = field
  const items: Evidence[] = []
  const others = allocatingCarriers(field).filter((other) => other.base !== base)
  if (carrier !== null && others.length > 0)
    items.push(
      evidence(
        'other-carriers',
        `${listed(others.map((other) => other.name))} ${others.length === 1 ? 'uses' : 'use'} the tag in code as well.`,
        { times: Math.log2(1 + rivals(carrier, others)) },
      ),
    )
  if (carrier !== null && carrier.strength !== 'at-call' && lacksTagging(suspect, field))
    items.push(evidence('no-tagging-allocator', `${name} imports no routine that allocates with a tag.`))
  // Behind a framework stands the client that it allocates for: neither its code nor the table of tags names that one.
  const served = suspect.framework === null && (ownedByFramework(field) || carriedByFrameworks(field))
  if (
    carrier === null &&
    holder === null &&
    carriers !== null &&
    search !== null &&
    !served &&
    !suspect.frameworkClient
  ) {
    const reading = search.imports.code[base]
    if (reading !== undefined && reading.readBytes > 0 && reading.readBytes === reading.wantedBytes)
      items.push(evidence('no-carrier', `The tag ${tag} is nowhere in the code of ${name}, all of which was searched.`))
  }
  if (isKernelOwned(field) && holder === null)
    items.push(
      evidence('kernel-tag', `The table of tags gives ${tag} to ${owner}: the kernel allocates on behalf of others.`),
    )
  else if (owner !== null && /\.(sys|dll|exe)$/i.test(owner) && !namesFile(owner, name) && !served)
    items.push(evidence('owner-elsewhere', `The table of tags gives ${tag} to ${owner}.`))
  if (carriers?.core && holder === null)
    items.push(
      evidence(
        'kernel-carries',
        `${carriers.core.module} uses the tag in its own code, at ${carriers.core.example}: the kernel may have allocated on behalf of another.`,
        { address: carriers.core.example, module: carriers.core.module },
      ),
    )
  return items
}

const ownedByFramework = ({ owner }: Field): boolean => owner !== null && frameworkReason(owner) !== null

const carriedByFrameworks = (field: Field): boolean => {
  const carriers = allocatingCarriers(field)
  return (
    carriers.length > 0 &&
    carriers.every(({ base }) => field.suspects.some((one) => one.base === base && one.framework !== null))
  )
}

const rivals = (carrier: Carrier, others: readonly Carrier[]): number => {
  const worth = ({ strength }: Carrier): number => Math.exp(evidenceTable.weights[kinds[strength]])
  return others.reduce((sum, other) => sum + Math.max(evidenceTable.leastRival, worth(other) / worth(carrier)), 0)
}

const importsTagging = ({ base }: Suspect, { search }: Field): boolean =>
  search?.imports.importers.some((importer) => importer.base === base && takesTag(importer.allocator)) ?? false

const lacksTagging = (suspect: Suspect, field: Field): boolean =>
  field.search?.imports.importTables[suspect.base] === 'read' && !importsTagging(suspect, field)

/** Owners are written as files, some without their ending. */
const namesFile = (owner: string, file: string): boolean =>
  owner.toLowerCase() === file.toLowerCase() || owner.toLowerCase() === file.toLowerCase().replace(/\.[^.]*$/, '')
