import { type Checked, check, checkHostile } from './check.ts'
import { fieldCases } from './header-fields.ts'

/**
 * Forges hostile dumps and analyses them: `npx node test/hostile/campaign.ts [COUNT] [SEED] [FIRST] [EVERY]`. First those
 * drawn by seed, then, of those with one field of a header or container at an extreme, one in EVERY (1: all of them, some
 * twenty minutes). Prints every broken promise, the verdicts and the slowest dumps; exits with 1 when one was broken.
 */
const [count = '300', seed = 'hostile', first = '0', every = '10'] = process.argv.slice(2)
const checked: Checked[] = []
const note = (one: Checked): void => {
  checked.push(one)
  for (const complaint of one.complaints) console.log(`${one.label}\n   ${complaint}`)
}
for (let index = Number(first); index < Number(first) + Number(count); index++) {
  const one = await checkHostile(seed, index)
  note({ ...one, label: `${index} ${one.label}` })
}
for (const { machine, dump, index } of fieldCases()) if (index % Number(every) === 0) note(await check(dump, machine()))
const verdicts = new Map<string, number>()
for (const { verdict } of checked) verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1)
const slowest = checked.toSorted((a, b) => b.milliseconds - a.milliseconds).slice(0, 3)
console.log(
  `${checked.length} hostile dumps, ${count} of them of seed "${seed}": ${[...verdicts].map(([name, n]) => `${name} ${n}`).join(', ')}`,
)
for (const { label, milliseconds } of slowest) console.log(`${Math.round(milliseconds)} ms: ${label}`)
process.exitCode = checked.some(({ complaints }) => complaints.length > 0) ? 1 : 0
