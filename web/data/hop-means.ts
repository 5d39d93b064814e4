import type { Pipeline } from '../../client/api-client.ts'

type Stage = Pipeline['stages'][number]

/** Hops from the exchange to readable values, in the order of an update. */
export const HOPS = ['exchange_to_receive', 'receive_to_consume', 'consume_to_publish'] as const

export interface HopMeans {
  /** Mean time of each of `HOPS`, ms. */
  readonly ms: readonly number[]
  readonly sumMs: number
}

/**
 * Returns the mean times of the hops and their sum: means add up, quantiles do not. null where a hop
 * is not measured, because the others are no whole then.
 */
export function hopMeans(stages: ReadonlyMap<string, Stage>): HopMeans | null {
  const ms = HOPS.flatMap((hop) => stages.get(hop)?.meanMs ?? [])
  return ms.length < HOPS.length ? null : { ms, sumMs: ms.reduce((sum, mean) => sum + mean, 0) }
}
