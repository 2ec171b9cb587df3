import type { ReactNode } from 'react'

/** Says that a part of the analysis holds nothing, and why. */
export const Absent = ({ children }: { readonly children: ReactNode }) => <p className="absent">{children}</p>
