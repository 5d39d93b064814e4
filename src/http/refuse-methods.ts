import type { FastifyInstance } from 'fastify'
import { PROBLEM_KINDS, PROBLEM_RESPONSES, ProblemError } from './problem.ts'

const METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'] as const

/**
 * Watches the routes that are added, to `complete` them: each answers the methods it does not know
 * with 405 and `Allow`. Call it before the first route, and the result after the last.
 */
export function refuseOtherMethods(app: FastifyInstance): { complete(): void } {
  const known = new Map<string, Set<string>>()
  app.addHook('onRoute', ({ url, method }) => {
    const methods = known.get(url) ?? new Set()
    for (const each of [method].flat()) methods.add(each)
    known.set(url, methods)
  })
  return {
    complete() {
      for (const [url, methods] of [...known]) refuse(app, url, methods)
    },
  }
}

function refuse(app: FastifyInstance, url: string, allowed: ReadonlySet<string>): void {
  const allow = [...allowed].sort().join(', ')
  const refused = METHODS.filter((method) => !allowed.has(method))
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
