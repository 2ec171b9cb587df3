import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/** Whether this is the stack on one machine, whose receivers may be on it as well. AWS's template never says so. */
export const reachesLoopback = (): boolean => process.env.WEBHOOKS_TO_LOOPBACK === 'yes'

/**
 * Whether an IP address is on the public internet: not this machine, its network, a cloud's metadata service, or a form
 * of IPv6 that another address hides in. By the special-purpose registries of IANA, as ipaddr.js has them; of IPv6 only
 * 2000::/3 has been handed out at all.
 */
export const isPublic = (address: string): boolean => {
  const parsed = ipaddr.process(address)
  if (parsed.range() !== 'unicast') return false
  return parsed.kind() === 'ipv4' || parsed.toByteArray()[0] >> 5 === 1
}

const isLoopback = (address: string): boolean => ipaddr.process(address).range() === 'loopback'

/** Whether a connection to this IP address may be made. */
export const mayReach = (address: string, loopback: boolean): boolean =>
  isPublic(address) || (loopback && isLoopback(address))

/** The host of a URL without the brackets of an IPv6 address, and without the dot at a name's end. */
const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')

/**
 * Why nothing may be sent to this URL, as a sentence; null where it may. A name passes: whom it leads to is asked when a
 * connection is made, of the very address that is connected to.
 */
export const whyNoTarget = (text: string, loopback: boolean): string | null => {
  const url = URL.parse(text)
  if (url === null) return 'The address is not a URL.'
  const host = hostOf(url)
  const isAddress = isIP(host) !== 0
  const isHere = host === 'localhost' || (isAddress && isLoopback(host))
  if (url.username !== '' || url.password !== '')
    return 'The address holds a name or password; the signature says who sends.'
  if (url.protocol !== 'https:' && !(loopback && isHere && url.protocol === 'http:'))
    return 'The address must begin with https://.'
  if (loopback && isHere) return null
  if (isAddress && !isPublic(host)) return 'The address is not on the public internet.'
  if (!isAddress && (!host.includes('.') || /\.(localhost|local|internal|lan|home\.arpa)$/.test(host)))
    return 'The name is not one of the public internet.'
  return null
}
