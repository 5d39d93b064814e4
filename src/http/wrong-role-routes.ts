import { PROBLEM_KINDS, PROBLEM_RESPONSES, ProblemError } from './problem.ts'
import type { TypedApp } from './typed-app.ts'

const MARKET_ROUTES = [
  '/api/v1/instruments',
  '/api/v1/snapshots',
  '/api/v1/snapshots/:instrument',
  '/api/v1/stream',
] as const

/** In a process without books the market routes say where the books are. */
export function addWrongRoleRoutes(app: TypedApp): void {
  for (const url of MARKET_ROUTES) {
    const schema = { hide: true, response: PROBLEM_RESPONSES }
    app.get(url, { schema, config: { ignoresQuery: true } }, () => {
      throw new ProblemError(
        PROBLEM_KINDS.wrongRole,
        'this process has the role producer; ask one with the role consumer or all',
      )
    })
  }
}
