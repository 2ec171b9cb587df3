/**
 * Which cases a list shows, as it stands in the address: the same names and values as the API's own query. Of those
 * that may have several values, these are separated by commas.
 */
export type FilterName =
  | 'status'
  | 'verdict'
  | 'driver'
  | 'tag'
  | 'bugcheck'
  | 'host'
  | 'customer'
  | 'label'
  | 'assignee'
  | 'from'
  | 'to'
  | 'signature'
  | 'state'

export type CaseFilter = Partial<Record<FilterName | 'text', string>>

type Choice = { readonly value: string; readonly label: string }
type FilterKind = {
  readonly label: string
  /** How it is typed; `choices` are picked from. */
  readonly input: 'text' | 'date' | readonly Choice[]
  readonly several?: boolean
}

export const filterKinds: Record<FilterName, FilterKind> = {
  status: {
    label: 'Status',
    several: true,
    input: [
      { value: 'empty', label: 'No dump yet' },
      { value: 'uploading', label: 'Uploading' },
      { value: 'analysing', label: 'Analysing' },
      { value: 'done', label: 'Analysed' },
      { value: 'failed', label: 'Analysis failed' },
    ],
  },
  verdict: {
    label: 'Verdict',
    several: true,
    input: [
      { value: 'culprit', label: 'Culprit found' },
      { value: 'suspects', label: 'Suspects' },
      { value: 'inconclusive', label: 'Inconclusive' },
      { value: 'healthy', label: 'Healthy' },
      { value: 'not-determinable', label: 'Not determinable' },
    ],
  },
  driver: { label: 'Driver', input: 'text' },
  tag: { label: 'Pool tag', input: 'text' },
  bugcheck: { label: 'Bugcheck', input: 'text' },
  host: { label: 'Host', input: 'text' },
  customer: { label: 'Customer', input: 'text' },
  label: { label: 'Label', input: 'text', several: true },
  assignee: { label: 'Assignee', input: 'text' },
  from: { label: 'Opened from', input: 'date' },
  to: { label: 'Opened until', input: 'date' },
  signature: { label: 'Cause', input: 'text' },
  state: {
    label: 'State',
    input: [
      { value: 'open', label: 'Open' },
      { value: 'closed', label: 'Closed' },
    ],
  },
}

/** Those that a person adds by hand; a cause is come to by its group, a state by its view. */
export const typedFilters = (Object.keys(filterKinds) as FilterName[]).filter(
  (name) => name !== 'signature' && name !== 'state',
)

const names = ['text', ...Object.keys(filterKinds)] as (keyof CaseFilter)[]

export const filterOf = (search: URLSearchParams): CaseFilter =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = search.get(name)?.trim()
      return value ? [[name, value]] : []
    }),
  )

/** The same filter gives the same text, whatever the order it was put together in. */
export const searchOf = (filter: CaseFilter): string => {
  const search = new URLSearchParams()
  for (const name of names) if (filter[name]) search.set(name, filter[name])
  return search.toString()
}

/** With one more value; in the place of the one before where a filter has one value only. */
export const withValue = (filter: CaseFilter, name: FilterName, value: string): CaseFilter => {
  const before = filterKinds[name].several ? valuesOf(filter, name) : []
  return { ...filter, [name]: [...new Set([...before, value])].join(',') }
}

export const withoutValue = (filter: CaseFilter, name: FilterName, value: string): CaseFilter => {
  const { [name]: _removed, ...rest } = filter
  const left = valuesOf(filter, name).filter((each) => each !== value)
  return left.length === 0 ? rest : { ...rest, [name]: left.join(',') }
}

export const valuesOf = (filter: CaseFilter, name: FilterName): string[] => {
  const text = filter[name]
  if (text === undefined) return []
  return filterKinds[name].several ? text.split(',') : [text]
}

/** How a value reads. */
export const valueLabel = (name: FilterName, value: string): string => {
  const { input } = filterKinds[name]
  // A signature is no word of anybody’s; the notice below the filters says what it stands for.
  if (name === 'signature') return 'the one below'
  if (name === 'assignee' && value === 'me') return 'me'
  if (name === 'assignee' && value === 'none') return 'nobody'
  return typeof input === 'string' ? value : (input.find((choice) => choice.value === value)?.label ?? value)
}
