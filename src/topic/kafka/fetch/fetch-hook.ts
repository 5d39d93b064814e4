import type { Cluster } from 'kafkajs'
import { hookRequests } from '../request-hook.ts'
import { canReadVersion, type FetchReplyOptions, readFetchReply } from './fetch-reply.ts'

/** API key of the fetch request. */
const FETCH = 1

/** How much a fetch response holds, and how long the broker waits for it. */
export interface FetchSizes {
  /** The broker answers at once if it has this much. */
  readonly minBytes: number
  /** It answers after this long in any case, ms. */
  readonly maxWaitTime: number
  readonly partitionMaxBytes: number
}

export interface FetchHooks {
  /** Handles the metadata of a fetched partition; returns the error code to pass to kafkajs. */
  readonly onPartition: FetchReplyOptions['onPartition']
  /** Sizes of the next fetch. */
  readonly sizes: () => FetchSizes
}

interface FetchParams {
  readonly minBytes: number
  readonly maxWaitTime: number
  readonly maxBytes: number
  readonly topics: readonly {
    readonly topic: string
    readonly partitions: readonly {
      readonly partition: number
      readonly fetchOffset: string
      readonly maxBytes: number
    }[]
  }[]
}

interface Exchange {
  readonly request: { readonly apiVersion: number }
  readonly response: {
    decode(payload: Buffer): Promise<unknown>
    parse(decoded: unknown): Promise<unknown>
  }
}

type MakeExchange = (params: FetchParams) => Exchange

/**
 * Makes a kafkajs consumer parse fetch responses with `readFetchReply`, and adapts the sizes of its
 * fetches. There is no other extension point: kafkajs parses a response as a whole, and one
 * unreadable batch fails all of it; the sizes are fixed when it is created.
 */
export function readFetches(cluster: Cluster, hooks: FetchHooks): void {
  hookRequests<MakeExchange>(cluster, FETCH, (make) => replaceDecoder(make, hooks))
}

function replaceDecoder(make: MakeExchange, { onPartition, sizes }: FetchHooks): MakeExchange {
  return (params) => {
    const exchange = make(resizeFetch(params, sizes()))
    const version = exchange.request.apiVersion
    if (!canReadVersion(version)) return exchange
    const offsets = fetchOffsets(params)
    const options: FetchReplyOptions = {
      version,
      onPartition,
      fetchOffsetOf: (topic, partition) => offsets.get(`${topic}/${partition}`) ?? 0,
    }
    const decode = (payload: Buffer) => Promise.resolve(readFetchReply(payload, options))
    return { ...exchange, response: { ...exchange.response, decode } }
  }
}

/** Sets the sizes of a fetch; the rest of its parameters is unchanged. */
export function resizeFetch(params: FetchParams, sizes: FetchSizes): FetchParams {
  const { minBytes, maxWaitTime, partitionMaxBytes: maxBytes } = sizes
  const topics = params.topics.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map((partition) => ({ ...partition, maxBytes })),
  }))
  return { ...params, minBytes, maxWaitTime, maxBytes: MAX_BYTES, topics }
}

/** Above this load of the event loop, fetches wait for more records. */
const BUSY_LOAD = 0.5
const MAX_WAIT_MS = 100
const PARTITION_MAX_BYTES = 1_048_576
/** Larger during an overload: only the newest record of each book in a batch is handled then. */
const OVERLOAD_PARTITION_MAX_BYTES = 8_388_608
/** Limit of a whole response, below the memory that two of them may take. */
const MAX_BYTES = 33_554_432
const BUSY_MIN_BYTES = 65_536
const BUSY_MAX_WAIT_MS = 20

/**
 * Sizes of a fetch at a load of the event loop, 0 to 1: while the process is idle the broker answers
 * with the first record; while it is busy it collects records for some milliseconds, as every
 * response has a fixed cost.
 */
export function fetchSizes(load: number, isOverloaded = false): FetchSizes {
  const partitionMaxBytes = isOverloaded ? OVERLOAD_PARTITION_MAX_BYTES : PARTITION_MAX_BYTES
  return load < BUSY_LOAD
    ? { minBytes: 1, maxWaitTime: MAX_WAIT_MS, partitionMaxBytes }
    : { minBytes: BUSY_MIN_BYTES, maxWaitTime: BUSY_MAX_WAIT_MS, partitionMaxBytes }
}

function fetchOffsets({ topics }: FetchParams): Map<string, number> {
  const offsets = new Map<string, number>()
  for (const { topic, partitions } of topics) {
    for (const { partition, fetchOffset } of partitions) {
      offsets.set(`${topic}/${partition}`, Number(fetchOffset))
    }
  }
  return offsets
}
