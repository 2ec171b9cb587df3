import Button from '@cloudscape-design/components/button'
import { useEffect, useState } from 'react'

type CopyButtonProps = { readonly text: string; readonly label: string; readonly iconOnly?: boolean }

/** Puts text on the clipboard and says whether that worked. */
export const CopyButton = ({ text, label, iconOnly = false }: CopyButtonProps) => {
  const [outcome, setOutcome] = useState<'copied' | 'failed' | null>(null)
  useEffect(() => {
    if (outcome === null) return
    const timer = setTimeout(() => setOutcome(null), 2500)
    return () => clearTimeout(timer)
  }, [outcome])
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text)
      setOutcome('copied')
    } catch {
      setOutcome('failed')
    }
  }
  return (
    <span className="copy">
      <span role="status" className="quiet">
        {outcome === 'copied' && 'Copied'}
        {outcome === 'failed' && 'The browser did not allow it'}
      </span>
      {iconOnly ? (
        <Button variant="inline-icon" iconName="copy" ariaLabel={label} onClick={copy} />
      ) : (
        <Button iconName="copy" onClick={copy}>
          {label}
        </Button>
      )}
    </span>
  )
}
