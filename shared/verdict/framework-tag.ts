/**
 * The tag that KMDF gives the blocks of a client that sets none: the first four characters of the client's service name,
 * without a leading "WDF" (WDF_DRIVER_CONFIG.DriverPoolTag in wdfdriver.h). The service has the file's name as a rule, so
 * this is an inference; null when fewer than four characters are left, for then the tag names no client.
 */
const frameworkTagOf = (fileName: string): string | null => {
  const service = fileName.replace(/\.[^.]*$/, '').replace(/^wdf/i, '')
  return service.length < 4 ? null : service.slice(0, 4)
}

/** Services and files differ in case more often than not. */
export const isFrameworkTagOf = (fileName: string, tag: string): boolean =>
  frameworkTagOf(fileName)?.toLowerCase() === tag.toLowerCase()
