import type { Admin } from 'kafkajs'
import type { Logger } from '../../model/telemetry.ts'
import type { Clock } from '../../time/clock.ts'
import { withTimeout } from '../../time/deadline.ts'
import { KafkaClient, type KafkaConnectionOptions } from './client.ts'

const CALL_DEADLINE_MS = 10_000

interface Session {
  readonly client: KafkaClient
  readonly admin: Admin
  readonly connected: Promise<void>
}

/** Admin client of the broker, for lookups. Connects on first use. */
export class AdminClient {
  readonly #options: KafkaConnectionOptions
  readonly #deps: { clock: Clock; logger: Logger }
  #session: Session | null = null

  constructor(options: KafkaConnectionOptions, deps: { clock: Clock; logger: Logger }) {
    this.#options = options
    this.#deps = deps
  }

  /** Runs a request; fails after 10 s, and the next call reconnects. */
  async run<T>(run: (admin: Admin) => Promise<T>): Promise<T> {
    const session = (this.#session ??= this.#open())
    const answer = session.connected.then(() => run(session.admin))
    try {
      return await withTimeout(this.#deps.clock, CALL_DEADLINE_MS, answer)
    } catch (error) {
      if (this.#session === session) this.#session = null
      session.client.destroy()
      throw error
    }
  }

  /**
   * Discards the cached topic metadata: the next call reconnects and loads it. Pending calls end by
   * their own deadline.
   */
  renew(): void {
    const session = this.#session
    this.#session = null
    if (session === null) return
    this.#deps.clock.setTimer(() => session.client.destroy(), CALL_DEADLINE_MS)
  }

  async close(timeoutMs: number): Promise<void> {
    const session = this.#session
    this.#session = null
    if (session === null) return
    await withTimeout(this.#deps.clock, timeoutMs, session.admin.disconnect()).catch(
      () => undefined,
    )
    session.client.destroy()
  }

  #open(): Session {
    const client = new KafkaClient({ ...this.#options, retries: 2 }, this.#deps)
    const admin = client.kafka.admin()
    return { client, admin, connected: admin.connect() }
  }
}
