import { describe, expect, it } from 'vitest'
import {
  type BatchOutcome,
  type PartitionBatch,
  ProduceRequests,
} from '../../../../src/topic/kafka/produce/topic-writer.ts'
import { outgoing } from '../../records.ts'

const LEADER_COUNT = 2
const FAULT = new Error('MESSAGE_TOO_LARGE')

/** Requests to two brokers: one leads the even partitions, the other the odd ones. */
function fixture(answer: (batch: PartitionBatch) => BatchOutcome | 'fault' | 'lost' = () => null) {
  const sent: number[][] = []
  const requests = new ProduceRequests({
    leaderOf: (partition) => partition % LEADER_COUNT,
    isFaultOfOne: (error) => error === FAULT,
    request: (batches) => {
      sent.push(batches.map(({ partition }) => partition))
      const outcomes = batches.map(answer)
      if (outcomes.includes('fault')) return Promise.reject(FAULT)
      if (outcomes.includes('lost')) return Promise.reject(new Error('connection closed'))
      return Promise.resolve(outcomes.filter((outcome) => typeof outcome !== 'string'))
    },
  })
  const send = (partition: number, { isAlone = false, valueBytes = 700 } = {}) =>
    requests
      .send({ partition, records: [outgoing()], valueBytes }, { isAlone })
      .then(() => 'acknowledged')
      .catch((error: unknown) => (error instanceof Error ? error.message : error))
  return { sent, send }
}

describe('produce requests', () => {
  it('hold the batches of one tick, one request per broker', async () => {
    const { sent, send } = fixture()
    const outcomes = await Promise.all([
      send(0),
      send(1),
      // The reaction to a response of the same tick.
      Promise.resolve().then(() => send(2)),
      send(4),
      send(3),
    ])
    expect(outcomes).toEqual(Array(5).fill('acknowledged'))
    expect(sent).toEqual([
      [0, 4, 2],
      [1, 3],
    ])
  })

  it('do not wait for a later tick', async () => {
    const { sent, send } = fixture()
    await send(0)
    await send(2)
    expect(sent).toEqual([[0], [2]])
  })

  it('hold a batch that asks for it alone', async () => {
    const { sent, send } = fixture()
    await Promise.all([send(0), send(2, { isAlone: true }), send(4)])
    expect(sent).toEqual([[2], [0, 4]])
  })

  it('hold at most 4 MiB of values', async () => {
    const { sent, send } = fixture()
    const large = { valueBytes: 900_000 }
    await Promise.all([0, 2, 4, 6, 8, 10].map((partition) => send(partition, large)))
    expect(sent).toEqual([
      [0, 2, 4, 6],
      [8, 10],
    ])
  })

  it('fail for one batch only where the broker rejects one of several', async () => {
    const { sent, send } = fixture(({ partition }) => (partition === 2 ? 'fault' : null))
    const outcomes = await Promise.all([send(0), send(2), send(4)])
    expect(outcomes).toEqual(['acknowledged', FAULT.message, 'acknowledged'])
    expect(sent).toEqual([[0, 2, 4], [0], [2], [4]])
  })

  it('fail for all their batches where the connection is lost', async () => {
    const { sent, send } = fixture(({ partition }) => (partition === 0 ? 'lost' : null))
    expect(await Promise.all([send(0), send(2), send(1)])).toEqual([
      'connection closed',
      'connection closed',
      'acknowledged',
    ])
    expect(sent).toHaveLength(2)
  })

  it('fail for the batch whose offset the response lacks', async () => {
    const missing = new Error('no offset')
    const { send } = fixture(({ partition }) => (partition === 2 ? missing : null))
    expect(await Promise.all([send(0), send(2)])).toEqual(['acknowledged', 'no offset'])
  })
})
