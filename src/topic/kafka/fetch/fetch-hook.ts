import type { Broker, Cluster } from 'kafkajs'
import { canReadVersion, type FetchReplyOptions, readFetchReply } from './fetch-reply.ts'

/** Key of the request among those of the protocol. */
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

/** What its types leave out: how a broker finds the version of a request that both ends know. */
type LookingBroker = Broker & { lookupRequest: LookUp }

/**
 * Makes a consumer of kafkajs read the replies to its fetches with `readFetchReply`. There is no other
 * way in: kafkajs reads a reply as a whole, and one batch that it cannot read fails them all.
 */
export function readFetches(cluster: Cluster, onPartition: FetchReplyOptions['onPartition']): void {
  const findBroker = cluster.findBroker.bind(cluster)
  const ours = new WeakSet<LookUp>()
  cluster.findBroker = async (node) => {
    const broker = (await findBroker(node)) as LookingBroker
    const { lookupRequest } = broker
    // A broker that has connected again has a new one.
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
