/** More lines than this cannot be told apart. */
export const mostPlotted = 6

/** The colour of each line, as styles/comparison.css sets them for light and dark: `--line-1` and so on. */
export const lineColours = (): string[] => {
  const style = getComputedStyle(document.body)
  return Array.from({ length: mostPlotted }, (_, index) => style.getPropertyValue(`--line-${index + 1}`).trim())
}

export const textColours = (): { readonly text: string; readonly grid: string } => {
  const style = getComputedStyle(document.body)
  return { text: style.getPropertyValue('--quiet').trim(), grid: style.getPropertyValue('--line').trim() }
}
