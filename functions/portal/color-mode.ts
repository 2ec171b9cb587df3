import { applyMode, Mode } from '@cloudscape-design/global-styles'

/** Follows the system's colour preference, now and when it changes. */
export const followSystemColorMode = (): void => {
  const dark = matchMedia('(prefers-color-scheme: dark)')
  const apply = (): void => applyMode(dark.matches ? Mode.Dark : Mode.Light)
  apply()
  dark.addEventListener('change', apply)
}
