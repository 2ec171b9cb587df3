import { expect, test } from 'vitest'
import { leash, oneGroupAhead } from '../../shared/upload/ahead.ts'

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve))

test('a group is made while the one before it is used, and none beyond', async () => {
  const groups = [[1, 2], [3], []]
  let made = 0
  const items = oneGroupAhead(async () => groups[made++])
  const used: number[] = []
  const seen: number[] = []
  for await (const item of items) {
    await turn()
    used.push(item)
    seen.push(made)
  }
  expect(used).toEqual([1, 2, 3])
  expect(seen).toEqual([2, 2, 3])
})

test('several users take each item once', async () => {
  let left = 40
  const items = oneGroupAhead(async () => Array.from({ length: Math.min(left, 7) }, () => left--))
  const used: number[] = []
  const user = async (): Promise<void> => {
    for (let next = await items.next(); !next.done; next = await items.next()) used.push(next.value)
  }
  await Promise.all([user(), user(), user()])
  expect(used.sort((a, b) => b - a)).toEqual(Array.from({ length: 40 }, (_, index) => 40 - index))
})

test('the failure of a group comes at its turn, and to one user alone', async () => {
  let made = 0
  const items = oneGroupAhead(async () => {
    if (++made === 2) throw new Error('the second')
    return [1]
  })
  expect(await items.next()).toEqual({ done: false, value: 1 })
  await turn()
  await expect(items.next()).rejects.toThrow('the second')
  expect(await items.next()).toEqual({ done: true, value: undefined })
})

test('a maker on a leash stays that far ahead', async () => {
  const { lead, follow } = leash(3)
  let made = 0
  const making = (async () => {
    while (made < 5) {
      await lead()
      made++
    }
  })()
  await turn()
  expect(made).toBe(3)
  follow()
  await turn()
  expect(made).toBe(4)
  follow()
  await making
  expect(made).toBe(5)
})
