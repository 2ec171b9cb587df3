import { visibleLines, visibleText } from './visible-text.ts'

/** Text that came out of a dump or a file's name. */
export const Untrusted = ({ text }: { readonly text: string }) => <bdi>{visibleText(text)}</bdi>

/** The same in monospace: names of drivers, tags, addresses, paths. Long ones may break anywhere. */
export const Mono = ({ text }: { readonly text: string }) => <bdi className="mono">{visibleText(text)}</bdi>

/** Text that somebody wrote in several lines. */
export const UntrustedLines = ({ text }: { readonly text: string }) => <bdi>{visibleLines(text)}</bdi>
