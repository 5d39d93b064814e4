import type { SnapshotReader } from '../../model/snapshot.ts'
import { PROBLEM_KINDS, PROBLEM_RESPONSES, ProblemError } from '../errors/problem.ts'
import type { TypedApp } from '../typed-app.ts'

const MARKET_ROUTES = [
  '/api/v1/instruments',
  '/api/v1/snapshots',
  '/api/v1/snapshots/:instrument',
  '/api/v1/signals/:instrument',
  '/api/v1/stream',
] as const

/** Makes the market routes of a process without books answer 404 with the roles that have them. */
export function addWrongRoleRoutes(app: TypedApp): void {
  for (const url of MARKET_ROUTES) {
    const schema = { hide: true, response: PROBLEM_RESPONSES }
    app.get(url, { schema, config: { ignoresQuery: true } }, () => {
      throw new ProblemError(
        PROBLEM_KINDS.wrongRole,
        'this process has ROLE=producer; use a process with ROLE=consumer or ROLE=all',
      )
    })
  }
}

const WELL_FORMED_NAME = /^[A-Za-z0-9_-]{1,64}$/

/** Creates the problem for a missing instrument: it is unknown, or belongs to another process. */
export function findNoInstrument(snapshots: SnapshotReader, name: string): ProblemError {
  const partition = WELL_FORMED_NAME.test(name) ? snapshots.foreignPartition(name) : undefined
  if (partition !== undefined) {
    const detail = `the instrument belongs to partition ${partition}, which is not assigned to this process`
    return new ProblemError(PROBLEM_KINDS.notOwned, detail, { instrument: name, partition })
  }
  return new ProblemError(
    PROBLEM_KINDS.unknownInstrument,
    'this process has no instrument with this name',
  )
}
