import Spinner from '@cloudscape-design/components/spinner'
import { useEffect, useState } from 'react'

/** After so long a reader begins to doubt that anything still happens. */
const lateMs = 5000

export const Loading = ({ what }: { readonly what: string }) => {
  const [isLate, setLate] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), lateMs)
    return () => clearTimeout(timer)
  }, [])
  return (
    <div className="loading" role="status">
      <Spinner size="large" />
      <span>
        Loading {what} …{isLate && ' It takes longer than usual.'}
      </span>
    </div>
  )
}
