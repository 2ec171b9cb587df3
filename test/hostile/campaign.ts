import { checkHostile } from './check.ts'

/**
 * Forges hostile dumps and analyses them: `npx node test/hostile/campaign.ts [COUNT] [SEED] [FIRST]`. Prints every broken
 * promise, the verdicts and the slowest dumps; exits with 1 when one was broken.
 */
const [count = '300', seed = 'hostile', first = '0'] = process.argv.slice(2)
const checked = []
for (let index = Number(first); index < Number(first) + Number(count); index++) {
  const one = await checkHostile(seed, index)
  checked.push(one)
  for (const complaint of one.complaints) console.log(`${index} ${one.label}\n   ${complaint}`)
}
const verdicts = new Map<string, number>()
for (const { verdict } of checked) verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1)
const slowest = checked.toSorted((a, b) => b.milliseconds - a.milliseconds).slice(0, 3)
console.log(
  `${checked.length} hostile dumps, ${count} of them of seed "${seed}": ${[...verdicts].map(([name, n]) => `${name} ${n}`).join(', ')}`,
)
for (const { label, milliseconds } of slowest) console.log(`${Math.round(milliseconds)} ms: ${label}`)
process.exitCode = checked.some(({ complaints }) => complaints.length > 0) ? 1 : 0
