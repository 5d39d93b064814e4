import { startStack } from '../../tools/stack/start-stack.ts'
import type { Stack } from '../../tools/stack/stack.ts'
import { freePorts, type StackOptions } from '../../tools/stack/stack-options.ts'
import { readerOf } from '../pipeline/running-service.ts'
import { registerCleanUp } from '../support/clean-up.ts'
import { eventually } from '../support/eventually.ts'
import { brokersOfRun, uniqueTopic } from '../support/kafka.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { assertTopicHolds } from '../support/topic-holds.ts'
import { liveIn, readBooks } from './member-watch.ts'

/** Producer, two consumers and exchange as processes on the broker of the run; ends with the test. */
export async function startTestStack(
  options: Partial<StackOptions> = {},
): Promise<{ stack: Stack; topic: string }> {
  const topic = uniqueTopic('prices')
  const stack = await startStack({
    folder: temporaryFolder(),
    ports: freePorts(2),
    brokers: brokersOfRun(),
    hasMonitoring: false,
    ...options,
    settings: {
      KAFKA_TOPIC: topic,
      KAFKA_TRADES_TOPIC: `${topic}-trades`,
      KAFKA_GROUP_ID: topic,
      ...options.settings,
    },
  })
  registerCleanUp(() => stack.stop())
  const producer = readerOf(stack.producer.url)
  registerCleanUp(() =>
    // A test may have stopped it.
    stack.producer.isRunning ? assertTopicHolds(producer, stack.brokers) : undefined,
  )
  return { stack, topic }
}

/**
 * Waits until the members have divided the instruments: each has some, none twice, and all
 * are live.
 * @returns the names that each member has, in the order of the members
 */
export function eventuallyShared(
  instruments: readonly string[],
  members: readonly { name: string; url: string }[],
): Promise<readonly (readonly string[])[]> {
  return eventually(
    async () => {
      const readings = await Promise.all(members.map(({ name, url }) => readBooks(name, url)))
      const shares = readings.map(liveIn)
      const all = shares.flat()
      if (shares.some((share) => share.length === 0)) throw new Error('one has none')
      if (new Set(all).size !== all.length) throw new Error('one is with two')
      if (all.length !== instruments.length) throw new Error(`${all.length} are live`)
      return shares
    },
    { timeoutMs: 60_000, intervalMs: 50 },
  )
}
