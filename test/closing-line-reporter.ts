import type { Reporter, TestModule } from 'vitest/node'

/** Ends a run with one plain line, so that whoever reads only the end of a log knows what ran. */
export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0 }
    for (const module of modules) {
      const states = [...module.children.allTests()].map((test) => test.result().state)
      if (states.length === 0 && !module.ok()) counts.failed++
      for (const state of states) if (state !== 'pending') counts[state]++
    }
    console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
  }
}
