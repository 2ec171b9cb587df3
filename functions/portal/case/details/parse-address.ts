/**
 * An address as a person types or pastes it (`f50b8058`, `0xf50b8058`, ``fffff800`12345678``) as the API takes it; null
 * for anything else.
 */
export const parseAddress = (typed: string): string | null => {
  const digits = typed
    .trim()
    .toLowerCase()
    .replace(/^0x/, '')
    .replace(/^([0-9a-f]{8})`([0-9a-f]{8})$/, '$1$2')
  return /^[0-9a-f]{1,16}$/.test(digits) ? `0x${digits.replace(/^0+(?=.)/, '')}` : null
}
