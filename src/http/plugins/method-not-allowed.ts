import type { FastifyInstance } from 'fastify'
import { PROBLEM_KINDS, PROBLEM_RESPONSES, ProblemError } from '../errors/problem.ts'

/**
 * Watches the routes that are added, to `complete` them: each answers the methods it does not know
 * with 405 and `Allow`. Call it before the first route, and the result after the last.
 */
export function refuseOtherMethods(app: FastifyInstance): { complete(): void } {
  const urls = new Set<string>()
  app.addHook('onRoute', ({ url }) => void urls.add(url))
  return {
    complete() {
      for (const url of [...urls]) refuse(app, url)
    },
  }
}

function refuse(app: FastifyInstance, url: string): void {
  // Asked of the router: a plugin's route may stand under two addresses and be told of once.
  const isKnown = (method: string) => app.hasRoute({ method, url })
  const allow = app.supportedMethods.filter(isKnown).sort().join(', ')
  const refused = app.supportedMethods.filter((method) => !isKnown(method))
  if (refused.length === 0) return
  const throwRefusal = (): never => {
    throw new ProblemError(PROBLEM_KINDS.methodNotAllowed, `only ${allow}`, {}, { allow })
  }
  app.route({
    method: refused,
    url,
    schema: { hide: true, response: PROBLEM_RESPONSES },
    // Before the body is looked at: its type and size do not matter any more.
    onRequest: () => throwRefusal(),
    handler: throwRefusal,
  })
}
