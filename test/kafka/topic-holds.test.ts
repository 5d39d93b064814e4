import { expect, it } from 'vitest'
import { parseExposition } from '../observability/exposition.ts'
import { needsForeignClient } from '../support/foreign-client.ts'
import { brokersOfRun, needsBroker, uniqueTopic } from '../support/kafka.ts'
import { assertTopicHolds } from '../support/topic-holds.ts'
import { outgoing } from '../topic/records.ts'
import { kafkaTopic } from './kafka-topic.ts'

it(
  'checks that a topic holds the records that a service reports, frames and checkpoints of all partitions',
  { ...needsBroker(), ...needsForeignClient() },
  async () => {
    const name = uniqueTopic('prices')
    const producer = await kafkaTopic({ brokers: [brokersOfRun()], name }).createProducer()
    for (let index = 0; index < 25; index += 1) {
      producer.send(outgoing({ topic: name, key: `K${index}` }))
    }
    expect(await producer.flush(30_000)).toBe(0)
    const saying = (frames: number, checkpoints: number) => ({
      metrics: () =>
        Promise.resolve(
          parseExposition(
            [
              '# HELP orderbook_produced_records_total Records.',
              '# TYPE orderbook_produced_records_total counter',
              `orderbook_produced_records_total{topic="${name}",kind="frame"} ${frames}`,
              `orderbook_produced_records_total{topic="${name}",kind="checkpoint"} ${checkpoints}`,
              '',
            ].join('\n'),
          ),
        ),
    })
    await assertTopicHolds(saying(20, 5), brokersOfRun())
    await expect(assertTopicHolds(saying(20, 6), brokersOfRun())).rejects.toThrow(
      `records in ${name}: expected 25 to be greater than or equal to 26`,
    )
    await expect(assertTopicHolds(saying(1, 0), '127.0.0.1:1')).rejects.toThrow()
  },
)
