/** What the exit status means (contract.md). */
export const exitStatus = { analysed: 0, defect: 1, wrongUse: 2, notADump: 3 } as const
