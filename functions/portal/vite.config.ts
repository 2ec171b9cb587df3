import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { fontsAsFiles } from './fonts-as-files.ts'

/**
 * Fit for a strict content security policy: no inline script, nothing inlined as a data URL, no other origin. The
 * default preload helper stays out because every browser the portal supports preloads modules itself.
 */
export default defineConfig({
  root: import.meta.dirname,
  base: '/',
  plugins: [fontsAsFiles(), react()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 700,
  },
})
