import type { Logger } from '../../model/telemetry.ts'
import type { SendError } from './transport.ts'

/** Logs once when the sends of a topic start to fail, and once when they succeed again. */
export class SendOutcomes {
  readonly #topic: string
  readonly #logger: Logger
  #failure: SendError | null = null

  constructor({ topic }: { topic: string }, { logger }: { logger: Logger }) {
    this.#topic = topic
    this.#logger = logger
  }

  /** Why sends fail; ask only while they do. */
  get problem(): string {
    return this.#failure?.message ?? 'produce requests are failing'
  }

  /** @param error null if the send was acknowledged */
  note(error: SendError | null): void {
    const topic = this.#topic
    if (error === null) {
      if (this.#failure !== null) this.#logger.info({ topic }, 'produce requests succeed again')
      this.#failure = null
      return
    }
    if (error.refusal !== null) {
      // A rejected batch is no failure of the topic, and a dropped record is logged by itself.
      this.#logger.debug({ topic, err: error }, 'batch rejected, retrying in smaller batches')
      return
    }
    if (this.#failure === null) {
      this.#logger.warn({ topic, err: error }, 'produce requests are failing')
    }
    this.#failure = error
  }
}
