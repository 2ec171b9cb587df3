import { TaggedError } from '../bytes/tagged-error.ts'

/** What was typed cannot be run as it is. The message is shown in place of the command's output. */
export const wrongCommand = (message: string, advice = 'Type ? for the commands.'): TaggedError =>
  new TaggedError('wrong-command', message, advice)
