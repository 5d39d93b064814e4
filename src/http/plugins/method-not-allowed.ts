import type { FastifyInstance } from 'fastify'
import { PROBLEM_KINDS, PROBLEM_RESPONSES, ProblemError } from '../errors/problem.ts'

/**
 * Makes every route answer unsupported methods with 405 and `Allow`. Call it before the first route is
 * added, and `complete` after the last.
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
  // Asks the router, because a plugin may add a route with two URLs and report one.
  const isKnown = (method: string) => app.hasRoute({ method, url })
  const allow = app.supportedMethods.filter(isKnown).sort().join(', ')
  const refused = app.supportedMethods.filter((method) => !isKnown(method))
  if (refused.length === 0) return
  const throwRefusal = (): never => {
    throw new ProblemError(
      PROBLEM_KINDS.methodNotAllowed,
      `supported methods: ${allow}`,
      {},
      { allow },
    )
  }
  app.route({
    method: refused,
    url,
    schema: { hide: true, response: PROBLEM_RESPONSES },
    // Before the body is parsed: its type and size do not matter.
    onRequest: () => throwRefusal(),
    handler: throwRefusal,
  })
}
