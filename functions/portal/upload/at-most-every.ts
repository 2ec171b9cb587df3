/**
 * Passes values on at most once in so many milliseconds, always the latest; what comes in between is dropped. `now` is
 * for a value that cannot wait, and takes the place of one that still does.
 */
export const atMostEvery = <T>(milliseconds: number, pass: (value: T) => void) => {
  let timer: ReturnType<typeof setTimeout> | undefined
  let waiting: { readonly value: T } | null = null
  const onTime = (): void => {
    timer = undefined
    if (waiting === null) return
    const { value } = waiting
    waiting = null
    soon(value)
  }
  const soon = (value: T): void => {
    if (timer !== undefined) {
      waiting = { value }
      return
    }
    timer = setTimeout(onTime, milliseconds)
    pass(value)
  }
  const now = (value: T): void => {
    clearTimeout(timer)
    timer = undefined
    waiting = null
    pass(value)
  }
  return { soon, now }
}
