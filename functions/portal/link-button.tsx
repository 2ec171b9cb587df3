import Button, { type ButtonProps } from '@cloudscape-design/components/button'
import type { ReactNode } from 'react'
import { useNavigate } from 'react-router'

type LinkButtonProps = {
  readonly to: string
  readonly children: ReactNode
  readonly variant?: NonNullable<ButtonProps['variant']>
}

/** A link that looks like a button and stays within the page. */
export const LinkButton = ({ to, children, variant = 'normal' }: LinkButtonProps) => {
  const navigate = useNavigate()
  return (
    <Button
      href={to}
      variant={variant}
      onFollow={(event) => {
        event.preventDefault()
        void navigate(to)
      }}
    >
      {children}
    </Button>
  )
}
