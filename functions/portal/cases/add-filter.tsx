import { useId, useState } from 'react'
import { type CaseFilter, type FilterName, filterKinds, typedFilters, withValue } from './case-filter.ts'

type AddFilterProps = { readonly filter: CaseFilter; readonly onChange: (filter: CaseFilter) => void }

/** One more condition: which fact of a case, and what it must be. */
export const AddFilter = ({ filter, onChange }: AddFilterProps) => {
  const [open, setOpen] = useState(false)
  const [name, setName] = useState<FilterName>('status')
  const [value, setValue] = useState('')
  const id = useId()
  if (!open)
    return (
      <button type="button" className="quiet-button" aria-expanded="false" onClick={() => setOpen(true)}>
        Add filter
      </button>
    )
  const { input } = filterKinds[name]
  const chosen = typeof input === 'string' ? value.trim() : value || input[0].value
  return (
    <form
      className="add-filter"
      aria-label="Add filter"
      onKeyDown={({ key }) => key === 'Escape' && setOpen(false)}
      onSubmit={(event) => {
        event.preventDefault()
        if (chosen === '') return
        onChange(withValue(filter, name, chosen))
        setValue('')
        setOpen(false)
      }}
    >
      <label htmlFor={`${id}-name`} className="visually-hidden">
        What to filter by
      </label>
      <select
        id={`${id}-name`}
        // biome-ignore lint/a11y/noAutofocus: the form has just been opened by the person who is to fill it in
        autoFocus
        value={name}
        onChange={({ target }) => {
          setName(target.value as FilterName)
          setValue('')
        }}
      >
        {typedFilters.map((each) => (
          <option key={each} value={each}>
            {filterKinds[each].label}
          </option>
        ))}
      </select>
      <label htmlFor={`${id}-value`} className="visually-hidden">
        {filterKinds[name].label}
      </label>
      {typeof input === 'string' ? (
        <input
          id={`${id}-value`}
          type={input}
          value={value}
          maxLength={300}
          onChange={({ target }) => setValue(target.value)}
        />
      ) : (
        <select id={`${id}-value`} value={chosen} onChange={({ target }) => setValue(target.value)}>
          {input.map((choice) => (
            <option key={choice.value} value={choice.value}>
              {choice.label}
            </option>
          ))}
        </select>
      )}
      <button type="submit" className="quiet-button" disabled={chosen === ''}>
        Add
      </button>
      <button type="button" className="plain-button" onClick={() => setOpen(false)}>
        Cancel
      </button>
    </form>
  )
}
