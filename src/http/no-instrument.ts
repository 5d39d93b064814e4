import type { SnapshotReader } from '../model/snapshot.ts'
import { PROBLEM_KINDS, ProblemError } from './problem.ts'

const WELL_FORMED_NAME = /^[A-Za-z0-9_-]{1,64}$/

/** Why there is no such instrument here: it is unknown, or another process answers for it. */
export function findNoInstrument(snapshots: SnapshotReader, name: string): ProblemError {
  const partition = WELL_FORMED_NAME.test(name) ? snapshots.foreignPartition(name) : undefined
  if (partition !== undefined) {
    const detail = `the instrument belongs to partition ${partition}, which this process does not own`
    return new ProblemError(PROBLEM_KINDS.notOwned, detail, { instrument: name, partition })
  }
  return new ProblemError(PROBLEM_KINDS.unknownInstrument, 'this process knows no such instrument')
}
