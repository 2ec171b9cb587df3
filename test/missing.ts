/**
 * For `describe.skipIf`: whether the tests step aside for want of a part that this machine lacks, said in one line.
 * Where nothing may be missing (DUMPLINE_REQUIRE_ALL=1, as in CI) it throws instead, which fails the test file.
 */
export const missing = (part: string, present: boolean): boolean => {
  if (present) return false
  if (process.env.DUMPLINE_REQUIRE_ALL === '1') throw new Error(`This run must be complete, and ${part} is missing.`)
  console.log(`Tests step aside: ${part} is not on this machine.`)
  return true
}
