/** A test for the debugger's patterns: `*` is any text, `?` any one character, case does not matter. Takes no longer than the product of both lengths. */
export const wildcardPattern = (pattern: string): ((text: string) => boolean) => {
  const wanted = pattern.toLowerCase()
  return (candidate) => {
    const text = candidate.toLowerCase()
    let [at, from, star, retry] = [0, 0, -1, 0]
    while (at < text.length) {
      if (from < wanted.length && wanted[from] === '*') {
        star = from++
        retry = at
      } else if (from < wanted.length && (wanted[from] === '?' || wanted[from] === text[at])) {
        at++
        from++
      } else if (star >= 0) {
        from = star + 1
        at = ++retry
      } else return false
    }
    while (from < wanted.length && wanted[from] === '*') from++
    return from === wanted.length
  }
}
