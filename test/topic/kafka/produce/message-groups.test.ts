import { createRequire } from 'node:module'
import type { Message, PartitionMetadata } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import {
  groupedMessages,
  type MessageGroup,
} from '../../../../src/topic/kafka/produce/message-groups.ts'

/** What kafkajs does with the messages of a request. */
type GroupMessages = (args: {
  topic: string
  partitionMetadata: readonly PartitionMetadata[]
  messages: readonly Message[]
  partitioner: (args: { message: Message }) => number
}) => Record<number, Message[]>

const groupByKafkajs = createRequire(import.meta.url)(
  'kafkajs/src/producer/groupMessagesPerPartition.js',
) as GroupMessages

const METADATA = [{ partitionId: 0, leader: 1, partitionErrorCode: 0, replicas: [], isr: [] }]

function group(messages: readonly Message[]) {
  const seen: Message[] = []
  const groups = groupByKafkajs({
    topic: 'prices',
    partitionMetadata: METADATA,
    messages,
    partitioner: ({ message }) => {
      seen.push(message)
      return message.partition ?? 0
    },
  })
  return { groups, seen: seen.length }
}

function groupOf(partition: number, count: number): MessageGroup {
  const messages = Array.from({ length: count }, (_, index) => ({
    key: `${partition}-${index}`,
    value: Buffer.from(String(index)),
    partition,
  }))
  return { partition, messages }
}

describe('grouped messages', () => {
  it('are grouped by kafkajs as the same messages in a plain array, asking once per group', () => {
    const groups = [groupOf(2, 1000), groupOf(0, 1), groupOf(11, 0), groupOf(3, 7)]
    const messages = groupedMessages(groups)
    const grouped = group(messages)
    expect(grouped.groups).toEqual(group([...messages]).groups)
    expect(grouped.groups[2]).toHaveLength(1000)
    expect(grouped.seen).toBe(3)
  })

  it('keep the order of two groups of one partition', () => {
    const messages = groupedMessages([groupOf(1, 3), groupOf(4, 2), groupOf(1, 2)])
    expect(group(messages).groups).toEqual(group([...messages]).groups)
  })

  it('are an array of all messages for whoever does not reduce it', () => {
    const groups = [groupOf(1, 2), groupOf(0, 1)]
    expect([...groupedMessages(groups)]).toEqual(groups.flatMap(({ messages }) => messages))
  })
})
