import type { Random } from '../random.ts'
import type { Width } from '../words.ts'

/** What pool memory is full of: zeros, counts, flags, text, and what earlier owners left. */
export type Noise = {
  /** Fills a page with it. */
  page(bytes: Buffer): void
}

const bankPages = 256

const texts = [
  '\\Device\\HarddiskVolume1\\WINDOWS\\system32\\config\\software.LOG',
  '\\Registry\\Machine\\System\\CurrentControlSet\\Services\\Tcpip\\Parameters',
  'GET /status.aspx HTTP/1.1\r\nHost: intranet\r\nAccept: */*\r\n',
  'C:\\Program Files\\Common Files\\agent\\queue\\00000417.dat',
  '\\??\\pipe\\lsass',
]

/** Holds no kernel addresses, so that every pointer in the pool is one the forge put there on purpose. */
export const createNoise = (random: Random, width: Width): Noise => {
  const bank = Buffer.alloc(bankPages * 4096)
  for (let at = 0; at + 128 <= bank.length; ) {
    const kind = random.below(20)
    if (kind < 9) at += 8 * random.between(1, 12)
    else if (kind < 14) {
      bank.writeUInt32LE(random.below(0x800), at)
      at += width
    } else if (kind < 16) {
      bank.writeUInt32LE(random.u32() & 0x7f0f00ff, at)
      at += width
    } else if (kind < 18) at += 8 * Math.ceil(bank.write(random.pick(texts).slice(0, 60), at, 'latin1') / 8)
    else at += 8 * Math.ceil(bank.write(random.pick(texts).slice(0, 40), at, 'utf16le') / 8)
  }
  return {
    page: (bytes) => {
      const from = random.below((bankPages - 1) * 512) * 8
      bank.copy(bytes, 0, from, from + 4096)
    },
  }
}
