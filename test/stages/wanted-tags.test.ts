import { expect, test } from 'vitest'
import { keyOfTag, plainKey, tagOfKey } from '../../shared/kernel/pools/pool-tag.ts'
import { keyOfShownTag, wantedTags } from '../../shared/stages/wanted-tags.ts'
import { knowledge, memory, tag } from '../verdict/knowledge.ts'

const { dump, pool } = knowledge()
const withTags = (...tags: ReturnType<typeof tag>[]) => ({ pool: { ...pool!, tags } })

test('the tags that stand for a pool under pressure are wanted, and None has no constant', () => {
  const leaking = withTags(tag('None', 50_000_000, 1000), tag('Leak', 40_000_000, 1000), tag('Few ', 1_000_000, 10))
  expect(wantedTags({ dump, memory: memory() }, leaking)).toEqual(['Leak'])
})

test('none is wanted of a calm pool, or when the accounting is not known', () => {
  const calm = memory({ nonPagedPool: { usedPages: 900, maximumPages: 31986, excessive: false } })
  expect(wantedTags({ dump, memory: calm }, withTags(tag('Leak', 3_000_000, 1000)))).toEqual([])
  expect(wantedTags({ dump, memory: memory() }, null)).toEqual([])
})

test('tags come back from how they are shown', () => {
  for (const key of [keyOfTag('Leak'), keyOfTag('Io'), 0x0001fe41])
    expect(keyOfShownTag(tagOfKey(key))).toBe(plainKey(key))
})

test('a tag that is a small number is not looked for: code is full of it', () => {
  const shown = [0x00000001, 0x0000fffe, 0x7fffffff, 0x00010001].map(tagOfKey)
  const usage = withTags(...shown.map((name) => tag(name, 26_000_000, 1000)))
  expect(wantedTags({ dump, memory: memory() }, usage)).toEqual([tagOfKey(0x00010001)])
})
