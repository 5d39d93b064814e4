import { BlockList, isIP } from 'node:net'

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'ws:': '80', 'wss:': '443' }

/**
 * Whether NO_PROXY names the host of an address. Its entries are separated by commas or spaces:
 * - `*`: every host;
 * - `example.com`, `.example.com`: this host and all below it; `*.example.com`: all below it;
 * - an IP address, or a range such as `10.0.0.0/8`;
 * - any of these but a range with `:port`: only at this port.
 * Names are compared without regard to case, and never looked up. An entry that makes no sense
 * excludes nothing, as hosts inject what other programs understand.
 */
export function isExcluded(target: URL, noProxy: string): boolean {
  const host = bare(target.hostname)
  const port = target.port === '' ? (DEFAULT_PORTS[target.protocol] ?? '') : target.port
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => entry !== '' && names(entry, host, port))
}

function names(entry: string, host: string, port: string): boolean {
  const [, pattern = '', entryPort] = /^(\[[^\]]*\]|[^:]*):(\d+)$/.exec(entry) ?? [entry, entry]
  if (entryPort !== undefined && Number(entryPort) !== Number(port)) return false
  if (pattern === '*') return true
  if (isIP(host) !== 0) return holdsAddress(bare(pattern), host)
  if (pattern.startsWith('*')) return host.endsWith(pattern.slice(1)) && host !== pattern.slice(1)
  const name = bare(pattern).replace(/^\.+/, '')
  return name !== '' && (host === name || host.endsWith(`.${name}`))
}

/** An address as such, or a range of them. */
function holdsAddress(pattern: string, host: string): boolean {
  const [address = '', bits] = pattern.split('/')
  const family = familyOf(address)
  if (family === null || family !== familyOf(host)) return false
  const length = bits === undefined ? (family === 'ipv4' ? 32 : 128) : Number(bits || NaN)
  if (!Number.isInteger(length) || length < 0 || length > (family === 'ipv4' ? 32 : 128)) {
    return false
  }
  const range = new BlockList()
  range.addSubnet(address, length, family)
  return range.check(host, family)
}

function familyOf(address: string): 'ipv4' | 'ipv6' | null {
  const version = isIP(address)
  return version === 0 ? null : version === 4 ? 'ipv4' : 'ipv6'
}

/** Without the brackets of an IPv6 address, and the dot of a name that is complete. */
function bare(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')
}
