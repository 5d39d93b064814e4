import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../../src/errors.ts'
import type { Broker } from './broker-process.ts'

/** A cluster whose nodes can be started again, each on its data. */
interface Restartable {
  readonly nodeIds: readonly number[]
  node(id: number): Pick<Broker, 'exited' | 'pid'>
  startNode(id: number): Promise<void>
}

export interface RestartOptions {
  /** How long a node stays away, so that its loss can be watched. */
  readonly afterMs: number
  /** Restarts of each node. */
  readonly maxRestarts: number
  /** Nodes that end after this is aborted stay away. */
  readonly signal: AbortSignal
  readonly say: (line: string) => void
}

/**
 * Starts nodes that end by themselves again: whoever kills the process of a broker sees its loss and its return.
 * @returns why it gave up: a node does not start, or ended too often
 */
export function keepRunning(cluster: Restartable, options: RestartOptions): Promise<string> {
  return Promise.race(cluster.nodeIds.map((id) => keepNode(cluster, id, options)))
}

async function keepNode(
  cluster: Restartable,
  id: number,
  { afterMs, maxRestarts, signal, say }: RestartOptions,
): Promise<string> {
  try {
    for (let restarts = 0; restarts <= maxRestarts; restarts += 1) {
      await cluster.node(id).exited
      if (signal.aborted) return 'stopped'
      if (restarts === maxRestarts) break
      say(`broker ${id} ended; it is started again in ${afterMs / 1000} s`)
      await sleep(afterMs, undefined, { signal })
      await cluster.startNode(id)
      say(`broker ${id} answers again: process ${cluster.node(id).pid}`)
    }
  } catch (error) {
    return `broker ${id} could not be started again: ${messageOf(error)}`
  }
  return `broker ${id} ended ${maxRestarts + 1} times`
}
