import { createRequire } from 'node:module'
import process from 'node:process'
import { encodeProduce, type ProduceParams } from '../src/topic/kafka/produce/encode-produce.ts'
import { medianOf } from './median.ts'

/*
 * npm run bench:produce: the body of a produce request by kafkajs's encoder and by ours,
 * alternating in one process.
 */

const RECORDS_A_ROUND = 20_000
const ROUNDS = 9
const WARM_UP_ROUNDS = 3
const VALUE_BYTES = 703

type Encode = (params: ProduceParams) => Promise<unknown>

/** It has no types. */
const kafkajsRequest = createRequire(import.meta.url)(
  'kafkajs/src/protocol/requests/produce/v3/request.js',
) as (params: ProduceParams) => { encode(): Promise<unknown> }

const SUBJECTS: readonly (readonly [name: string, encode: Encode])[] = [
  ['kafkajs', (params) => kafkajsRequest(params).encode()],
  ['ours', (params) => Promise.resolve(encodeProduce(params))],
]

function requestOf(records: number): ProduceParams {
  const value = Buffer.alloc(VALUE_BYTES, 'x')
  const messages = Array.from({ length: records }, (_, index) => ({
    key: 'BTC-26DEC26-60000-C',
    value: Buffer.from(value),
    timestamp: String(1_790_000_000_000 + index),
  }))
  const partitions = [{ partition: 0, firstSequence: 0, messages }]
  const topicData = [{ topic: 'prices', partitions }]
  const ids = { producerId: -1, producerEpoch: 0 }
  return { acks: -1, timeout: 5000, compression: 0, ...ids, topicData }
}

process.stdout.write('| records in a request | kafkajs, us each | ours, us each | ratio |\n')
process.stdout.write('| --- | --- | --- | --- |\n')
for (const records of [1, 25, 100]) {
  const params = requestOf(records)
  const measured: Record<string, number[]> = {}
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, encode] of SUBJECTS) {
      const before = process.cpuUsage()
      for (let count = 0; count < RECORDS_A_ROUND; count += records) await encode(params)
      const { user, system } = process.cpuUsage(before)
      if (round >= WARM_UP_ROUNDS) (measured[name] ??= []).push((user + system) / RECORDS_A_ROUND)
    }
  }
  const [kafkajs = NaN, ours = NaN] = SUBJECTS.map(([name]) => medianOf(measured[name] ?? []))
  const cells = [records, kafkajs.toFixed(2), ours.toFixed(2), (ours / kafkajs).toFixed(2)]
  process.stdout.write(`| ${cells.join(' | ')} |\n`)
}
