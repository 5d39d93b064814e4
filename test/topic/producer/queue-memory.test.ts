import { expect, it } from 'vitest'
import type { FakeTransport } from '../fake-transport.ts'
import { settled } from '../fake-transport.ts'
import { producerFixture } from '../producer-fixture.ts'
import { outgoing } from '../records.ts'

const MIB = 1_048_576
const QUEUE_BYTES = 8 * MIB
const VALUE_BYTES = 700
/** Records that come while the topic is not available: six times what fits. */
const RECORDS = 60_000
const BUSY_CHANNELS = 20
const QUIET_CHANNELS = 3000

/** One of a few busy channels six times out of seven, else one of many quiet ones. */
const channelOf = (index: number) =>
  index % 7 === 0 ? `Q${(index / 7) % QUIET_CHANNELS}` : `B${index % BUSY_CHANNELS}`

async function acknowledgeAll(transport: FakeTransport): Promise<void> {
  while (transport.pending.length > 0) {
    transport.pending[0]?.acknowledge()
    await settled()
  }
}

it.each(['conflate', 'cut'] as const)(
  'keeps no more memory than it counts while the topic is not available: %s',
  async (overflow) => {
    const { producer, transport } = await producerFixture(
      { topics: [{ name: 'prices', overflow }], queueMaxBytes: QUEUE_BYTES, lingerMs: 0 },
      { partitions: 0 },
    )
    const sent = Buffer.alloc(VALUE_BYTES, 'x')
    for (let index = 0; index < RECORDS; index += 1) {
      const channel = channelOf(index)
      // As ingest copies a frame: Node puts several small buffers into one block.
      producer.send(outgoing({ key: channel, channel, value: Buffer.from(sent) }))
    }
    const counted = producer.deliveryCounts()[0]?.bytes ?? 0
    expect(counted).toBeGreaterThan(QUEUE_BYTES / 2)
    transport.makeReady('prices', 1)
    await acknowledgeAll(transport)
    const values = transport.acknowledgedInOrder.map(({ value }) => value)
    expect(values.length).toBeGreaterThan(QUIET_CHANNELS)
    expect(values.every((value) => value.equals(sent))).toBe(true)
    const blocks = new Set(values.map(({ buffer }) => buffer))
    const kept = [...blocks].reduce((bytes, { byteLength }) => bytes + byteLength, 0)
    // The first MiB may be in shared blocks.
    expect(kept).toBeLessThan(counted + MIB)
  },
)
