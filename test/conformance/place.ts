import { expect, test } from 'vitest'

/**
 * A point in which a place is known to behave otherwise than AWS. `because`: why, and why that may be. `shows`: what the
 * behaviour's test fails with there.
 */
export type Difference = { readonly because: string; readonly shows: RegExp }

/** Where a suite runs: an endpoint of this machine, another's implementation, or AWS. */
export type Place<Open> = {
  readonly name: string
  /** True, with the reason printed, where the suite steps aside. */
  readonly isMissing: () => boolean
  readonly open: () => Promise<Open & { readonly close: () => Promise<void> }>
  /** By the name of the behaviour. */
  readonly differences: Readonly<Record<string, Difference>>
}

export type Behaviour<Open> = { readonly name: string; readonly holds: (place: Open) => Promise<void> }

/**
 * Tests each behaviour at a place. One that is known to differ there is tried as well: its test fails as soon as it holds
 * after all, or fails with something else than what is known. Throws when a known difference belongs to no behaviour.
 */
export const testBehaviours = <Open>(
  { differences }: Place<Open>,
  open: () => Open,
  behaviours: readonly Behaviour<Open>[],
): void => {
  const strays = Object.keys(differences).filter((name) => behaviours.every((behaviour) => behaviour.name !== name))
  if (strays.length > 0) throw new Error(`No behaviour is called ${strays.join(' or ')}.`)
  for (const { name, holds } of behaviours) {
    const difference = differences[name]
    if (difference === undefined) test(name, () => holds(open()))
    else
      test(`not here: ${name} (${difference.because})`, async () => {
        await expect(holds(open())).rejects.toThrow(difference.shows)
      })
  }
}
