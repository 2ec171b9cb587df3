#!/usr/bin/env node
/** The command line. Old Nodes cannot even load the rest: they cannot read TypeScript, so they get a sentence first. */
const [major] = process.versions.node.split('.').map(Number)

if (major < 24) {
  process.stderr.write(
    `dumpline needs Node 24 or newer, and this is Node ${process.versions.node}. In a checkout, npx dumpline after npm ci uses the Node that comes with it.\n`,
  )
  process.exitCode = 1
} else {
  const { main } = await import('./main.ts')
  process.exitCode = await main(process.argv.slice(2))
}
