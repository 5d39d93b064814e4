import { describe, expect, it } from 'vitest'
import {
  type BatchOutcome,
  type PartitionBatch,
  ProduceRequests,
} from '../../../src/topic/kafka/produce-requests.ts'
import { outgoing } from '../records.ts'

const LEADERS = [1, 2, 1, 2]
const FAULT = new Error('MESSAGE_TOO_LARGE')

/** Requests to two brokers: one leads the even partitions, the other the odd ones. */
function fixture(answer: (batch: PartitionBatch) => BatchOutcome | 'fault' | 'lost' = () => null) {
  const sent: string[][] = []
  const requests = new ProduceRequests({
    leaderOf: (_topic, partition) => LEADERS[partition],
    isFaultOfOne: (error) => error === FAULT,
    request: (batches) => {
      sent.push(batches.map(({ topic, partition }) => `${topic}/${partition}`))
      const outcomes = batches.map(answer)
      if (outcomes.includes('fault')) return Promise.reject(FAULT)
      if (outcomes.includes('lost')) return Promise.reject(new Error('connection closed'))
      return Promise.resolve(outcomes.filter((outcome) => typeof outcome !== 'string'))
    },
  })
  const send = (topic: string, partition: number, { isAlone = false, valueBytes = 700 } = {}) =>
    requests
      .send({ topic, partition, records: [outgoing()], valueBytes }, { isAlone })
      .then(() => 'acknowledged')
      .catch((error: unknown) => (error instanceof Error ? error.message : error))
  return { sent, send }
}

describe('produce requests', () => {
  it('hold the batches of one tick, one request per broker', async () => {
    const { sent, send } = fixture()
    const outcomes = await Promise.all([
      send('prices', 0),
      send('prices', 1),
      // The reaction to a response of the same tick.
      Promise.resolve().then(() => send('prices', 2)),
      send('trades', 2),
      send('prices', 3),
    ])
    expect(outcomes).toEqual(Array(5).fill('acknowledged'))
    expect(sent).toEqual([
      ['prices/0', 'trades/2', 'prices/2'],
      ['prices/1', 'prices/3'],
    ])
  })

  it('do not wait for a later tick', async () => {
    const { sent, send } = fixture()
    await send('prices', 0)
    await send('prices', 2)
    expect(sent).toEqual([['prices/0'], ['prices/2']])
  })

  it('hold a batch that asks for it alone', async () => {
    const { sent, send } = fixture()
    await Promise.all([send('prices', 0), send('prices', 2, { isAlone: true }), send('trades', 0)])
    expect(sent).toEqual([['prices/2'], ['prices/0', 'trades/0']])
  })

  it('hold at most 4 MiB of values', async () => {
    const { sent, send } = fixture()
    const large = { valueBytes: 900_000 }
    await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((topic) => send(topic, 0, large)))
    expect(sent).toEqual([
      ['a/0', 'b/0', 'c/0', 'd/0'],
      ['e/0', 'f/0'],
    ])
  })

  it('fail for one batch only where the broker rejects one of several', async () => {
    const { sent, send } = fixture(({ topic }) => (topic === 'large' ? 'fault' : null))
    const outcomes = await Promise.all([send('prices', 0), send('large', 2), send('trades', 0)])
    expect(outcomes).toEqual(['acknowledged', FAULT.message, 'acknowledged'])
    expect(sent).toEqual([
      ['prices/0', 'large/2', 'trades/0'],
      ['prices/0'],
      ['large/2'],
      ['trades/0'],
    ])
  })

  it('fail for all their batches where the connection is lost', async () => {
    const { sent, send } = fixture(({ topic }) => (topic === 'prices' ? 'lost' : null))
    expect(await Promise.all([send('prices', 0), send('trades', 0), send('trades', 1)])).toEqual([
      'connection closed',
      'connection closed',
      'acknowledged',
    ])
    expect(sent).toHaveLength(2)
  })

  it('fail for the batch whose offset the response lacks', async () => {
    const missing = new Error('no offset')
    const { send } = fixture(({ partition }) => (partition === 2 ? missing : null))
    expect(await Promise.all([send('prices', 0), send('prices', 2)])).toEqual([
      'acknowledged',
      'no offset',
    ])
  })
})
