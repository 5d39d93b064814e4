import { checkServerIdentity } from 'node:tls'
import { HttpsProxyAgent } from 'https-proxy-agent'

/** An HTTP proxy for the exchange. */
export interface ProxyAddress {
  /** `http://` or `https://`, without user and password. */
  readonly url: string
  /** Value of the header `Proxy-Authorization`; null without credentials. */
  readonly authorization: string | null
}

const STATUS_OF_TUNNEL = 200

type Connect = HttpsProxyAgent<string>['connect']

/**
 * Sets the host for TLS. The library omits it for an existing socket, so that the certificate of an exchange with
 * an IP address would be checked against `localhost`.
 */
class TunnelAgent extends HttpsProxyAgent<string> {
  override connect(...[request, options]: Parameters<Connect>): ReturnType<Connect> {
    if (!options.secureEndpoint) return super.connect(request, options)
    const host = options.host ?? ''
    return super.connect(request, {
      ...options,
      checkServerIdentity: (_name, certificate) => checkServerIdentity(host, certificate),
    })
  }
}

/** Opens the socket of one connection through a proxy, with CONNECT for both ws:// and wss://. */
export class ProxyTunnel {
  readonly agent: TunnelAgent
  readonly #url: string
  readonly #giveUp = new AbortController()
  #status: number | null = null

  constructor({ url, authorization }: ProxyAddress) {
    this.#url = new URL(url).origin
    // As a header, because the library writes the URL to its debug log.
    const headers = authorization === null ? {} : { 'Proxy-Authorization': authorization }
    this.agent = new TunnelAgent(url, { headers, signal: this.#giveUp.signal })
    this.agent.on('proxyConnect', ({ statusCode }: { statusCode: number }) => {
      this.#status = statusCode
    })
  }

  /** Adds the proxy to the reason of a failure before the tunnel is established. */
  explain(detail: string): string {
    return this.#status === STATUS_OF_TUNNEL ? detail : `proxy ${this.#url}: ${detail}`
  }

  /** Closes the socket to the proxy, even if the tunnel was never established. */
  close(): void {
    this.#giveUp.abort()
  }
}
