import type { StageOptions } from '../../shared/stages/options.ts'

type Terminal = { readonly isTTY?: boolean; write(text: string): unknown }

/** Terminals are slow and people read one figure at a time: a line is rewritten only when its percentage changes. */
export const showProgress = (
  terminal: Terminal,
): { show: NonNullable<StageOptions['onProgress']> | undefined; end(): void } => {
  if (terminal.isTTY !== true) return { show: undefined, end: () => {} }
  let shown = ''
  return {
    show: ({ step, done, of }) => {
      const line = `${step} ${of === 0 ? 100 : Math.floor((done / of) * 100)} %`
      if (line === shown) return
      terminal.write(`\r\x1b[K${line}`)
      shown = line
    },
    end: () => {
      if (shown !== '') terminal.write('\r\x1b[K')
    },
  }
}
