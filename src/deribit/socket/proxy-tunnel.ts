import { checkServerIdentity } from 'node:tls'
import { HttpsProxyAgent } from 'https-proxy-agent'

/** An HTTP proxy on the way to the exchange. */
export interface ProxyAddress {
  /** `http://` or `https://`, without user and password. */
  readonly url: string
  /** User and password as the header `Proxy-Authorization` wants them; null where there are none. */
  readonly authorization: string | null
}

const STATUS_OF_TUNNEL = 200

type Connect = HttpsProxyAgent<string>['connect']

/**
 * The library hides the host from TLS, as the socket is there already: a certificate would be checked
 * for `localhost` where the exchange is an IP address.
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

/** Opens the socket of one connection through a proxy, with CONNECT for ws:// as for wss://. */
export class ProxyTunnel {
  readonly agent: TunnelAgent
  readonly #url: string
  readonly #giveUp = new AbortController()
  #status: number | null = null

  constructor({ url, authorization }: ProxyAddress) {
    this.#url = new URL(url).origin
    // Not as a part of the address, which the library writes to its debug log.
    const headers = authorization === null ? {} : { 'Proxy-Authorization': authorization }
    this.agent = new TunnelAgent(url, { headers, signal: this.#giveUp.signal })
    this.agent.on('proxyConnect', ({ statusCode }: { statusCode: number }) => {
      this.#status = statusCode
    })
  }

  /** Says whose problem it is: until the tunnel is there, that of the proxy. */
  explain(detail: string): string {
    return this.#status === STATUS_OF_TUNNEL ? detail : `proxy ${this.#url}: ${detail}`
  }

  /** Ends the socket to the proxy, also where the tunnel was never completed and nobody else has it. */
  close(): void {
    this.#giveUp.abort()
  }
}
