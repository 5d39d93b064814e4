import { BlockList, isIP } from 'node:net'
import { allowedOf, settingProblem } from './environment.ts'
import type { Settings } from './settings.ts'

/** The HTTP proxy for the connection to the exchange. */
export interface ProxySettings {
  /** Without user and password. */
  readonly url: string
  /** Value of the header `Proxy-Authorization`; null without a user. */
  readonly authorization: string | null
}

export interface ReadProxy {
  /** null: the connection is direct. */
  readonly proxy: ProxySettings | null
  readonly problems: string[]
}

/** Reads HTTPS_PROXY, and checks with NO_PROXY whether it applies to the exchange. */
export function readProxy(settings: Settings): ReadProxy {
  const { HTTPS_PROXY: text, NO_PROXY: exclusions = '', DERIBIT_URL: target } = settings
  if (text === undefined) return { proxy: null, problems: [] }
  const proxy = parseProxy(text)
  if (proxy === null) {
    const problems = [settingProblem('HTTPS_PROXY', text, { expected: allowedOf('HTTPS_PROXY') })]
    return { proxy, problems }
  }
  const isDirect = !URL.canParse(target) || isExcluded(new URL(target), exclusions)
  return { proxy: isDirect ? null : proxy, problems: [] }
}

const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//

/** Parses the address of an HTTP proxy; null if it is invalid. The default scheme is http://. */
function parseProxy(text: string): ProxySettings | null {
  const written = SCHEME.test(text) ? text : `http://${text}`
  if (!URL.canParse(written)) return null
  const url = new URL(written)
  const { protocol, hostname, port, pathname, search, hash } = url
  const isProxy = protocol === 'http:' || protocol === 'https:'
  const isBare = (pathname === '' || pathname === '/') && search === '' && hash === ''
  if (!isProxy || !isBare || hostname === '' || port === '0') return null
  const login = loginOf(url)
  if (login === null) return null
  const authorization = login === ':' ? null : `Basic ${Buffer.from(login).toString('base64')}`
  return { url: url.origin, authorization }
}

/** Decodes `user:password`; null if the percent-encoding is invalid. */
function loginOf({ username, password }: URL): string | null {
  try {
    return `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  } catch {
    return null
  }
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'ws:': '80', 'wss:': '443' }

/**
 * Whether NO_PROXY excludes the host of an address. Its entries are separated by commas or spaces:
 * - `*`: every host;
 * - `example.com`, `.example.com`: this host and its subdomains; `*.example.com`: its subdomains;
 * - an IP address, or a range such as `10.0.0.0/8`;
 * - any of these except a range with `:port`: only this port.
 * Names are compared case-insensitively and never resolved. Invalid entries are ignored, because hosts
 * inject entries for other programs.
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

/** Whether an address or a range contains the host. */
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

/** Strips the brackets of an IPv6 address and the trailing dot of a fully qualified name. */
function bare(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')
}
