import { useEffect, useRef, useState } from 'react'
import { visibleText } from '../format/visible-text.ts'
import { AddFilter } from './add-filter.tsx'
import { type CaseFilter, type FilterName, filterKinds, valueLabel, valuesOf, withoutValue } from './case-filter.ts'

type FilterBarProps = { readonly filter: CaseFilter; readonly onChange: (filter: CaseFilter) => void }

/** How long the search waits for the next key. */
const typingPauseMs = 300

/** Search box, and what else narrows the list, each a button that takes it away again. */
export const FilterBar = ({ filter, onChange }: FilterBarProps) => {
  const chips = (Object.keys(filterKinds) as FilterName[])
    .filter((name) => name !== 'state')
    .flatMap((name) => valuesOf(filter, name).map((value) => ({ name, value })))
  return (
    <div className="filter-bar">
      <div className="filter-line">
        <SearchBox text={filter.text ?? ''} onText={(text) => onChange({ ...filter, text })} />
        <AddFilter filter={filter} onChange={onChange} />
      </div>
      {chips.length > 0 && (
        <ul className="chips" aria-label="Filters">
          {chips.map(({ name, value }) => {
            const { label } = filterKinds[name]
            const text = visibleText(valueLabel(name, value))
            return (
              <li key={`${name} ${value}`}>
                <button
                  type="button"
                  className="chip"
                  aria-label={`Remove the filter ${label}: ${text}`}
                  onClick={() => onChange(withoutValue(filter, name, value))}
                >
                  <span className="quiet">{label}:</span> <bdi>{text}</bdi> <span aria-hidden="true">×</span>
                </button>
              </li>
            )
          })}
          <li>
            <button
              type="button"
              className="plain-button"
              onClick={() => onChange(filter.state ? { state: filter.state } : {})}
            >
              Clear filters
            </button>
          </li>
        </ul>
      )}
    </div>
  )
}

const SearchBox = ({ text, onText }: { readonly text: string; readonly onText: (text: string) => void }) => {
  const [typed, setTyped] = useState(text)
  const sent = useRef(text)
  // Another view, or the browser's way back, brings another text.
  useEffect(() => {
    if (text !== sent.current) setTyped(text)
    sent.current = text
  }, [text])
  const send = (value: string): void => {
    if (value.trim() === sent.current) return
    sent.current = value.trim()
    onText(value.trim())
  }
  useEffect(() => {
    const timer = setTimeout(() => send(typed), typingPauseMs)
    return () => clearTimeout(timer)
  })
  return (
    <search className="search-box">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          send(typed)
        }}
      >
        <input
          type="search"
          aria-label="Search cases"
          placeholder="Search by title, host, customer, driver, tag, ticket …"
          value={typed}
          maxLength={300}
          onChange={({ target }) => setTyped(target.value)}
        />
      </form>
    </search>
  )
}
