import { createHash } from 'node:crypto'
import type { Plugin } from 'vite'

const fontInUrl = /url\((['"]?)data:font\/woff2;base64,([A-Za-z0-9+/=]+)\1\)/g

/**
 * Cloudscape's style sheet carries its fonts as data URLs. As files, `font-src 'self'` stays strict, the style sheet
 * loses two thirds of its weight, and a browser fetches only the weights that a page shows.
 */
export const fontsAsFiles = (): Plugin => ({
  name: 'dumpline-fonts-as-files',
  apply: 'build',
  generateBundle(_, bundle) {
    for (const asset of Object.values(bundle)) {
      if (asset.type !== 'asset' || !asset.fileName.endsWith('.css') || typeof asset.source !== 'string') continue
      asset.source = asset.source.replace(fontInUrl, (_url, _quote, base64: string) => {
        const source = Buffer.from(base64, 'base64')
        const fileName = `font-${createHash('sha256').update(source).digest('hex').slice(0, 8)}.woff2`
        this.emitFile({ type: 'asset', fileName: `assets/${fileName}`, source })
        return `url(${fileName})`
      })
    }
  },
})
