import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { everyView } from '../e2e/every-view.ts'

/** `cases/:caseId` and the like, as they stand in the router. */
const pathsOf = (source: string): string[] => [...source.matchAll(/\bpath: '([^']+)'/g)].map(([, path]) => path)

test('every page of the portal is among those whose accessibility is checked', () => {
  const router = readFileSync(join(import.meta.dirname, '../../functions/portal/router.tsx'), 'utf8')
  const paths = pathsOf(router)
  expect(paths).toContain('cases/:caseId')
  const seen = everyView.map(({ path }) => path.split('?', 1)[0].slice(1))
  const patterns = paths.filter((path) => path !== '*').map((path) => path.replaceAll(/:\w+/g, '[^/]+'))
  expect(patterns.filter((pattern) => !seen.some((path) => new RegExp(`^${pattern}$`).test(path)))).toEqual([])
})
