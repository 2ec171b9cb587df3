import { expect, test } from 'vitest'
import { showProgress } from '../../functions/cli/progress.ts'

const terminal = (isTTY: boolean) => {
  const written: string[] = []
  return { isTTY, written, write: (text: string) => written.push(text) }
}

test('a terminal sees each percentage once, and the line is cleared at the end', () => {
  const screen = terminal(true)
  const progress = showProgress(screen)
  for (const done of [0, 1, 500, 501, 1000]) progress.show?.({ step: 'pool', done, of: 1000 })
  progress.end()
  expect(screen.written).toEqual(['\r\x1b[Kpool 0 %', '\r\x1b[Kpool 50 %', '\r\x1b[Kpool 100 %', '\r\x1b[K'])
})

test('what is no terminal sees nothing', () => {
  const pipe = terminal(false)
  const progress = showProgress(pipe)
  expect(progress.show).toBeUndefined()
  progress.end()
  expect(pipe.written).toEqual([])
})
