import type { Cluster, Kafka } from 'kafkajs'
import { hookRequests } from '../request-hook.ts'
import { canEncode, encodeProduce, type ProduceParams } from './encode-produce.ts'

/** API key of the produce request, and its versions that `encodeProduce` writes. */
const PRODUCE = 0
const OLDEST_VERSION = 3
const NEWEST_VERSION = 7

interface Exchange {
  readonly request: { readonly apiVersion: number; encode(): Promise<unknown> }
  readonly response: unknown
}

type MakeExchange = (params: ProduceParams) => Exchange

/**
 * Makes the producers that a kafkajs client creates from now on encode produce requests with
 * `encodeProduce`. kafkajs has no extension point for it: the encoder is reached through the cluster
 * of a producer, which only the private function that creates it returns. False if this version of
 * kafkajs has no such function: kafkajs then encodes the same bytes at a higher cost.
 */
export function encodeProduceRequests(kafka: Kafka): boolean {
  const key = Object.getOwnPropertySymbols(kafka).find(
    ({ description }) => description === 'private:Kafka:createCluster',
  )
  const create: unknown = key === undefined ? undefined : Reflect.get(kafka, key)
  if (key === undefined || typeof create !== 'function') return false
  return Reflect.set(kafka, key, (options: unknown) => {
    const cluster = Reflect.apply(create, kafka, [options]) as Cluster
    hookRequests(cluster, PRODUCE, replaceEncoder)
    return cluster
  })
}

function replaceEncoder(make: MakeExchange): MakeExchange {
  return (params) => {
    const exchange = make(params)
    const { request } = exchange
    const { apiVersion } = request
    const isKnown = apiVersion >= OLDEST_VERSION && apiVersion <= NEWEST_VERSION
    if (!isKnown || !canEncode(params)) return exchange
    return { ...exchange, request: { ...request, encode: () => encodeAsKafkajs(params) } }
  }
}

/** Returns the request in the form of the encoder of kafkajs, both of whose fields it reads. */
function encodeAsKafkajs(params: ProduceParams): Promise<{ buf: Buffer; buffer: Buffer }> {
  const buffer = encodeProduce(params)
  return Promise.resolve({ buf: buffer, buffer })
}
