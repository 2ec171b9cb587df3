/** Orders contract addresses (`0x…`, any width) by their value. */
export const compareAddresses = (a: string, b: string): number => {
  const [first, second] = [BigInt(a), BigInt(b)]
  return first < second ? -1 : first > second ? 1 : 0
}

/** An address as a debugger prints it, without `0x`: `f50b8058`, and 64-bit ones split as ``fffff800`12345678``. */
export const debuggerAddress = (address: string): string => {
  const digits = address.slice(2).padStart(8, '0')
  return digits.length === 8 ? digits : `${digits.slice(0, -8).padStart(8, '0')}\`${digits.slice(-8)}`
}
