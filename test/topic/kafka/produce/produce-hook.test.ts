import { Kafka, logLevel } from 'kafkajs'
import { expect, it } from 'vitest'
import {
  encodeProduce,
  type ProduceParams,
} from '../../../../src/topic/kafka/produce/encode-produce.ts'
import { encodeProduceRequests } from '../../../../src/topic/kafka/produce/produce-hook.ts'

const PRODUCE = 0
const METADATA = 3
const PARAMS: ProduceParams = {
  acks: -1,
  timeout: 5000,
  producerId: -1,
  producerEpoch: 0,
  compression: 0,
  topicData: [],
}

interface Exchange {
  readonly request: { readonly apiVersion: number; encode(): Promise<{ buffer: Buffer }> }
  readonly response: unknown
}
interface FakeBroker {
  lookupRequest: (apiKey: number, definition: unknown) => (params: ProduceParams) => Exchange
}

const KAFKAJS = Buffer.from('encoded by kafkajs')
const exchangeOf = (apiVersion: number): Exchange => ({
  request: { apiVersion, encode: () => Promise.resolve({ buffer: KAFKAJS }) },
  response: 'parser',
})

function newKafka(): Kafka {
  return new Kafka({ brokers: ['127.0.0.1:1'], logLevel: logLevel.NOTHING })
}

/** The place where the client creates the cluster of a producer. */
function clusterKey(kafka: Kafka): symbol {
  const key = Object.getOwnPropertySymbols(kafka).find(({ description }) =>
    description?.endsWith('createCluster'),
  )
  if (key === undefined) throw new Error('kafkajs has no such member')
  return key
}

/** Brokers of a hooked client, whose own cluster answers with `broker`. */
function hooked(broker: FakeBroker): () => Promise<FakeBroker> {
  const kafka = newKafka()
  const key = clusterKey(kafka)
  Reflect.set(kafka, key, () => ({ findBroker: () => Promise.resolve(broker) }))
  expect(encodeProduceRequests(kafka)).toBe(true)
  const create = Reflect.get(kafka, key) as () => { findBroker(): Promise<FakeBroker> }
  const cluster = create()
  return () => cluster.findBroker()
}

async function encoded(
  broker: FakeBroker,
  options: { apiKey?: number; params?: ProduceParams } = {},
): Promise<Buffer> {
  const { apiKey = PRODUCE, params = PARAMS } = options
  const { request, response } = broker.lookupRequest(apiKey, {})(params)
  expect(response).toBe('parser')
  return (await request.encode()).buffer
}

it('encodes the produce requests of a client of this version of kafkajs', async () => {
  const findBroker = hooked({ lookupRequest: () => () => exchangeOf(7) })
  expect(await encoded(await findBroker())).toEqual(encodeProduce(PARAMS))
})

it('leaves other requests, other versions and compressed batches to kafkajs', async () => {
  const broker = await hooked({ lookupRequest: () => () => exchangeOf(7) })()
  expect(await encoded(broker, { apiKey: METADATA })).toBe(KAFKAJS)
  expect(await encoded(broker, { params: { ...PARAMS, compression: 1 } })).toBe(KAFKAJS)
  for (const version of [2, 9]) {
    const other = await hooked({ lookupRequest: () => () => exchangeOf(version) })()
    expect(await encoded(other)).toBe(KAFKAJS)
  }
})

it('hooks a broker once, and again after a reconnect', async () => {
  let lookUps = 0
  const connected = () => () => {
    lookUps += 1
    return exchangeOf(7)
  }
  const broker: FakeBroker = { lookupRequest: connected }
  const findBroker = hooked(broker)
  await findBroker()
  const { lookupRequest } = await findBroker()
  expect((await findBroker()).lookupRequest).toBe(lookupRequest)
  await encoded(broker)
  expect(lookUps).toBe(1)
  broker.lookupRequest = () => () => exchangeOf(7)
  expect(await encoded(await findBroker())).toEqual(encodeProduce(PARAMS))
})

it('leaves a client without that place to kafkajs', () => {
  const kafka = newKafka()
  Reflect.deleteProperty(kafka, clusterKey(kafka))
  expect(encodeProduceRequests(kafka)).toBe(false)
})
