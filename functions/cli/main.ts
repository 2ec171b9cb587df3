import { ArchiveRefused } from '../../shared/archive/refusals.ts'
import { analyzeCommand } from './analyze.ts'
import { Refused } from './api-client.ts'
import { parseCommandLine, usageOf } from './command-line.ts'
import { compareCommand } from './compare.ts'
import { exitStatus } from './exit-status.ts'
import { forgeCommand } from './forge.ts'
import { kdCommand } from './kd/kd.ts'
import { reprocessCommand } from './reprocess/reprocess.ts'
import { uploadCommand } from './upload/upload.ts'
import { WrongUse } from './wrong-use.ts'

/** Runs one command line and returns the exit status. A reader that goes away early (`| head`) is no error. */
export const main = async (args: readonly string[]): Promise<number> => {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
  try {
    return await run(args)
  } catch (error) {
    if (error instanceof WrongUse) {
      process.stderr.write(`dumpline: ${error.message}\n`)
      return exitStatus.wrongUse
    }
    if (error instanceof Refused) {
      process.stderr.write(`dumpline: ${error.message}\n`)
      return exitStatus.defect
    }
    if (error instanceof ArchiveRefused) {
      process.stderr.write(`dumpline: ${error.message} ${error.advice}\n`)
      return exitStatus.notADump
    }
    process.stderr.write(`dumpline: a defect of dumpline itself, please report it.\n${stackOf(error)}\n`)
    return exitStatus.defect
  }
}

const run = async (args: readonly string[]): Promise<number> => {
  const command = parseCommandLine(args)
  switch (command.command) {
    case 'help':
      process.stdout.write(usageOf(command.about))
      return exitStatus.analysed
    case 'wrong':
      process.stderr.write(`dumpline: ${command.reason}\n\n${usageOf(command.about)}`)
      return exitStatus.wrongUse
    case 'analyze':
      return analyzeCommand(command)
    case 'kd':
      return kdCommand(command)
    case 'compare':
      return compareCommand(command)
    case 'upload':
      return uploadCommand(command)
    case 'reprocess':
      return reprocessCommand(command)
    case 'forge':
      return forgeCommand(command)
  }
}

const stackOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error))
