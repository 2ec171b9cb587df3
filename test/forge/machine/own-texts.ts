import type { Scenario } from '../scenario.ts'
import { roundUp } from '../words.ts'
import type { Images } from './images.ts'

/** Writes the texts and the names of routines of drivers that have some among their variables, each closed by a zero, behind the pointers they stored. */
export const placeOwnTexts = (scenario: Scenario, images: Images): void => {
  for (const { name, texts = [], asksFor = [] } of scenario.added) {
    const { bytes, data } = images.byName(name)!
    let at = roundUp(data.rva + 0x100, 16)
    for (const text of texts) at += bytes.write(`${text}\0`, at, 'latin1')
    at = roundUp(at, 2)
    for (const routine of asksFor) at += bytes.write(`${routine}\0`, at, 'utf16le')
  }
}
