import type { components } from './api-types.ts'

type Problem = components['schemas']['Problem']

/** An answer of the service that is a problem; branch on `problem.type`. */
export class ApiProblem extends Error {
  readonly status: number
  /** null where the answer came from something else than the service, such as a proxy. */
  readonly problem: Problem | null

  constructor(status: number, problem: Problem | null) {
    super(problem === null ? `status ${status}` : `${problem.title}: ${problem.detail}`)
    this.name = 'ApiProblem'
    this.status = status
    this.problem = problem
  }
}

/** Of an answer that is not read yet. */
export async function toProblem(response: Response): Promise<ApiProblem> {
  const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json')
  const body: unknown = isProblem === true ? await response.json().catch(() => null) : null
  return problemOf(response.status, body)
}

/** Of a body that is. */
export function problemOf(status: number, body: unknown): ApiProblem {
  return new ApiProblem(status, isProblemBody(body) ? body : null)
}

function isProblemBody(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'type' in body && 'detail' in body
}
