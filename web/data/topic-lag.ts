import type { Pipeline } from '../../client/api-client.ts'

type Partition = NonNullable<Pipeline['partitions']>[number]

/** Returns the largest lag of the partitions, seconds; null if one of them is unknown. */
export function topicLagSeconds(partitions: readonly Partition[]): number | null {
  if (partitions.length === 0) return null
  let largest = 0
  for (const { lagSeconds } of partitions) {
    if (lagSeconds === null) return null
    largest = Math.max(largest, lagSeconds)
  }
  return largest
}
