import { useId } from 'react'

type LineProps = {
  readonly name: string
  readonly label: string
  readonly hint?: string
  readonly type?: 'text' | 'number' | 'date'
  readonly value?: string
  readonly required?: boolean
}

/** One value to type, with the browser's own field. */
export const Line = ({ name, label, hint, type = 'text', value, required = false }: LineProps) => {
  const id = useId()
  return (
    <p className="batch-field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        name={name}
        type={type}
        step="any"
        defaultValue={value}
        required={required}
        aria-describedby={hint && `${id}-hint`}
      />
      {hint && (
        <small id={`${id}-hint`} className="quiet">
          {hint}
        </small>
      )}
    </p>
  )
}

type Option = readonly [value: string, label: string]

type ChecksProps = { readonly name: string; readonly label: string; readonly options: readonly Option[] }

/** Any of several values. */
export const Checks = ({ name, label, options }: ChecksProps) => (
  <fieldset className="batch-checks">
    <legend>{label}</legend>
    {options.map(([value, words]) => (
      <label key={value}>
        <input type="checkbox" name={name} value={value} /> {words}
      </label>
    ))}
  </fieldset>
)

type ChoiceProps = {
  readonly name: string
  readonly label: string
  readonly options: readonly Option[]
}

/** One of several values. */
export const Choice = ({ name, label, options }: ChoiceProps) => {
  const id = useId()
  return (
    <p className="batch-field">
      <label htmlFor={id}>{label}</label>
      <select id={id} name={name}>
        {options.map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </select>
    </p>
  )
}
