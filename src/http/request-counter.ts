import type { FastifyReply, FastifyRequest } from 'fastify'
import { methodLabel, type HttpMetrics } from './metrics.ts'

/** Counts each request once, with the time that its answer took so far. */
export class RequestCounter {
  readonly #metrics: HttpMetrics
  readonly #counted = new WeakSet<FastifyReply>()

  constructor(metrics: HttpMetrics) {
    this.#metrics = metrics
  }

  count(request: FastifyRequest, reply: FastifyReply): void {
    if (this.#counted.has(reply)) return
    this.#counted.add(reply)
    this.#metrics.requestDuration
      .series({
        method: methodLabel(request.method),
        // The pattern, never the URL: clients invent any number of those.
        route: request.routeOptions.url ?? 'other',
        status: String(reply.statusCode),
      })
      .observe(reply.elapsedTime / 1000)
  }
}
