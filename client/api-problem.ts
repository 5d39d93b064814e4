import type { components } from './api-types.ts'

type Problem = components['schemas']['Problem']

/** An error response of the service; branch on `problem.type`. */
export class ApiProblem extends Error {
  readonly status: number
  /** null if the response is not from the service, but from a proxy for example. */
  readonly problem: Problem | null

  constructor(status: number, problem: Problem | null) {
    super(problem === null ? `status ${status}` : `${problem.title}: ${problem.detail}`)
    this.name = 'ApiProblem'
    this.status = status
    this.problem = problem
  }
}

/** Creates an `ApiProblem` from a response whose body is not read yet. */
export async function toProblem(response: Response): Promise<ApiProblem> {
  const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json')
  const body: unknown = isProblem === true ? await response.json().catch(() => null) : null
  return problemOf(response.status, body)
}

/** Creates an `ApiProblem` from a parsed body. */
export function problemOf(status: number, body: unknown): ApiProblem {
  return new ApiProblem(status, isProblemBody(body) ? body : null)
}

function isProblemBody(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'type' in body && 'detail' in body
}
