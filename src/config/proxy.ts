import { BlockList, isIP } from 'node:net'
import { allowedOf, settingProblem } from './environment.ts'
import type { Settings } from './settings.ts'

/** The HTTP proxy through which the exchange is reached. */
export interface ProxySettings {
  /** Without user and password. */
  readonly url: string
  /** The value of the header `Proxy-Authorization`; null without a user. */
  readonly authorization: string | null
}

export interface ReadProxy {
  /** null: the way to the exchange is direct. */
  readonly proxy: ProxySettings | null
  readonly problems: string[]
}

/** Reads HTTPS_PROXY, and by NO_PROXY whether the connection to the exchange goes through it. */
export function readProxy(settings: Settings): ReadProxy {
  const { HTTPS_PROXY: text, NO_PROXY: exclusions = '', DERIBIT_URL: target } = settings
  if (text === undefined) return { proxy: null, problems: [] }
  const proxy = parseProxy(text)
  if (proxy === null) {
    const problems = [settingProblem('HTTPS_PROXY', text, allowedOf('HTTPS_PROXY'))]
    return { proxy, problems }
  }
  const isDirect = !URL.canParse(target) || isExcluded(new URL(target), exclusions)
  return { proxy: isDirect ? null : proxy, problems: [] }
}

const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//

/** null where it is no address of an HTTP proxy. Without a scheme it is http://, as elsewhere. */
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

/** `user:password`, decoded; null where the text is not what it says it is encoded as. */
function loginOf({ username, password }: URL): string | null {
  try {
    return `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  } catch {
    return null
  }
}

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
