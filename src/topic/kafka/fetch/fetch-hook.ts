import type { Broker, Cluster } from 'kafkajs'
import { canReadVersion, type FetchReplyOptions, readFetchReply } from './fetch-reply.ts'

/** API key of the fetch request. */
const FETCH = 1

interface FetchParams {
  readonly topics: readonly {
    readonly topic: string
    readonly partitions: readonly { readonly partition: number; readonly fetchOffset: string }[]
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
type LookUp = (apiKey: number, definition: unknown) => MakeExchange

/** Missing in the types of kafkajs: finds the version of a request that both ends support. */
type LookingBroker = Broker & { lookupRequest: LookUp }

/**
 * Makes a kafkajs consumer parse fetch responses with `readFetchReply`. There is no other extension
 * point: kafkajs parses a response as a whole, and one unreadable batch fails all of it.
 */
export function readFetches(cluster: Cluster, onPartition: FetchReplyOptions['onPartition']): void {
  const findBroker = cluster.findBroker.bind(cluster)
  const ours = new WeakSet<LookUp>()
  cluster.findBroker = async (node) => {
    const broker = (await findBroker(node)) as LookingBroker
    const { lookupRequest } = broker
    // A broker has a new connection after each reconnect.
    if (!ours.has(lookupRequest)) {
      broker.lookupRequest = wrapLookUp(lookupRequest, onPartition)
      ours.add(broker.lookupRequest)
    }
    return broker
  }
}

function wrapLookUp(lookUp: LookUp, onPartition: FetchReplyOptions['onPartition']): LookUp {
  return (apiKey, definition) => {
    const make = lookUp(apiKey, definition)
    if (apiKey !== FETCH) return make
    return (params) => {
      const exchange = make(params)
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
