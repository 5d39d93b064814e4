import { Server, type ServerOptions } from 'proxy-chain'
import { registerCleanUp } from './clean-up.ts'

export interface HttpProxyOptions {
  /** Required user and password; default: no authentication. */
  login?: { user: string; password: string }
  /** Certificate and key: clients connect over TLS. */
  tls?: { cert: string; key: string }
  port?: number
}

/** Starts a published HTTP proxy (proxy-chain) on 127.0.0.1; stops with the test. */
export class HttpProxy {
  /** `host:port` of every CONNECT. */
  readonly targets: string[] = []
  readonly #server: Server
  readonly #scheme: string

  private constructor(options: HttpProxyOptions) {
    const { login, tls, port = 0 } = options
    this.#scheme = tls === undefined ? 'http' : 'https'
    const common: ServerOptions = {
      port,
      host: '127.0.0.1',
      prepareRequestFunction: ({ hostname, port: of, username, password }) => {
        this.targets.push(`${hostname}:${of}`)
        const isKnown =
          login === undefined || (username === login.user && password === login.password)
        return { requestAuthentication: !isKnown }
      },
    }
    this.#server = new Server(
      tls === undefined ? common : { ...common, serverType: 'https', httpsOptions: tls },
    )
  }

  static async start(options: HttpProxyOptions = {}): Promise<HttpProxy> {
    const proxy = new HttpProxy(options)
    registerCleanUp(() => proxy.stop())
    await proxy.#server.listen()
    return proxy
  }

  get port(): number {
    return this.#server.port
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${this.port}`
  }

  /** Stops it and all connections through it. */
  async stop(): Promise<void> {
    await this.#server.close(true)
  }
}
