import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['node_modules/**'],
    reporters: ['default', './test/closing-line-reporter.ts'],
    testTimeout: 60_000,
    hookTimeout: 180_000,
    // A machine that does other work beside is no reason to fail; the default of a second was.
    expect: { poll: { timeout: 15_000 } },
  },
})
