import { createRequire } from 'node:module'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  canEncode,
  encodeProduce,
  type ProduceParams,
} from '../../../../src/topic/kafka/produce/encode-produce.ts'

/** kafkajs's own encoder, which has no types. */
const kafkajsRequest = createRequire(import.meta.url)(
  'kafkajs/src/protocol/requests/produce/v3/request.js',
) as (params: ProduceParams) => { encode(): Promise<{ buffer: Buffer }> }

const text = fc.string({ unit: 'grapheme', maxLength: 20 })
const message = fc.record(
  {
    key: fc.oneof(fc.constant('BTC-PERPETUAL'), text),
    value: fc
      .tuple(fc.uint8Array({ maxLength: 300 }), fc.constantFrom(1, 1, 9, 60))
      .map(([bytes, times]) => Buffer.concat(Array.from({ length: times }, () => bytes))),
    // Of one length: kafkajs compares them as texts.
    timestamp: fc
      .oneof(
        fc.integer({ min: 1_790_000_000_000, max: 1_790_000_000_500 }),
        fc.integer({ min: 1_000_000_000_000, max: 9_999_999_999_999 }),
      )
      .map(String),
    headers: fc.dictionary(text, text, { maxKeys: 4, noNullPrototype: true }),
  },
  { requiredKeys: ['key', 'value', 'timestamp'] },
)
const partition = fc.record({
  partition: fc.integer({ min: 0, max: 1000 }),
  firstSequence: fc.constant(0),
  messages: fc.array(message, { minLength: 1, maxLength: 200 }),
})
const params: fc.Arbitrary<ProduceParams> = fc.record({
  acks: fc.constantFrom(-1, 1),
  timeout: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  producerId: fc.constant(-1),
  producerEpoch: fc.constant(0),
  compression: fc.constant(0),
  topicData: fc.array(
    fc.record({ topic: text, partitions: fc.array(partition, { minLength: 1, maxLength: 4 }) }),
    { minLength: 1, maxLength: 2 },
  ),
})

it('writes a produce request byte for byte like kafkajs', async () => {
  await fc.assert(
    fc.asyncProperty(params, async (request) => {
      const { buffer } = await kafkajsRequest(request).encode()
      expect(encodeProduce(request).equals(buffer)).toBe(true)
    }),
    { numRuns: 200 },
  )
})

it('leaves compressed, idempotent and transactional requests to kafkajs', () => {
  const plain = {
    acks: -1,
    timeout: 1,
    producerId: -1,
    producerEpoch: 0,
    compression: 0,
    topicData: [],
  }
  expect(canEncode(plain)).toBe(true)
  expect(canEncode({ ...plain, compression: 1 })).toBe(false)
  expect(canEncode({ ...plain, producerId: 7 })).toBe(false)
  expect(canEncode({ ...plain, transactionalId: 'orders' })).toBe(false)
})
