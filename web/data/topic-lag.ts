import type { Pipeline } from '../../client/api-client.ts'

type Partition = NonNullable<Pipeline['partitions']>[number]

/** The partition most behind, seconds; one whose lag is not known makes the whole unknown: null. */
export function topicLagSeconds(partitions: readonly Partition[]): number | null {
  if (partitions.length === 0) return null
  let greatest = 0
  for (const { lagSeconds } of partitions) {
    if (lagSeconds === null) return null
    greatest = Math.max(greatest, lagSeconds)
  }
  return greatest
}
