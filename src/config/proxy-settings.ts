import { isExcluded } from './no-proxy.ts'
import { allowedOf, settingProblem } from './read-settings.ts'
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
