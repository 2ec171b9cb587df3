/** The command line asks for something that cannot be done: exit status 2 and a sentence, no stack. */
export class WrongUse extends Error {
  override readonly name = 'WrongUse'
}

const reasons: Record<string, string> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EISDIR: 'it is a directory',
  ENOTDIR: 'there is no such file or folder',
}

/** A file that cannot be opened, read or written, as a sentence; anything that is no such problem is passed on as it is. */
export const fileProblem = (path: string, error: unknown, done: 'read' | 'written' = 'read'): unknown => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const reason = reasons[code]
  return reason === undefined ? error : new WrongUse(`${path} cannot be ${done}: ${reason}.`)
}
