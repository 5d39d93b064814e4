import type { RecordMetadata } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { isTopicGone, toSendError } from '../../../../src/topic/kafka/errors.ts'
import { isAcknowledged } from '../../../../src/topic/kafka/produce/topic-writer.ts'

const answer = (overrides: Partial<RecordMetadata> = {}): RecordMetadata => ({
  topicName: 'prices',
  partition: 2,
  errorCode: 0,
  baseOffset: '17',
  ...overrides,
})

describe('a produce response', () => {
  it.each<[string, RecordMetadata[], boolean]>([
    ['the offset of the partition', [answer()], true],
    ['the first offset', [answer({ baseOffset: '0' })], true],
    ['an offset above 2^53', [answer({ baseOffset: '9223372036854775807' })], true],
    ['the partition among others', [answer({ partition: 0 }), answer()], true],
    // kafkajs resolves so where its metadata does not know the partition.
    ['nothing', [], false],
    ['another partition', [answer({ partition: 0 })], false],
    ['another topic', [answer({ topicName: 'trades' })], false],
    ['an error code', [answer({ errorCode: 6 })], false],
    ['offset -1', [answer({ baseOffset: '-1' })], false],
    ['an empty offset', [answer({ baseOffset: '' })], false],
  ])('acknowledges it or not, with %s', (_what, answers, isTrue) => {
    expect(isAcknowledged(answers, 'prices', 2)).toBe(isTrue)
  })

  it('does not acknowledge without any offset', () => {
    const { topicName, partition, errorCode } = answer()
    expect(isAcknowledged([{ topicName, partition, errorCode }], 'prices', 2)).toBe(false)
  })
})

describe('an error of the protocol', () => {
  const protocolError = (type: string) => Object.assign(new Error(type), { type })

  it.each([
    ['INVALID_TIMESTAMP', 'broker', 'refused'],
    ['INVALID_RECORD', 'broker', 'refused'],
    ['CORRUPT_MESSAGE', 'broker', 'refused'],
    ['MESSAGE_TOO_LARGE', 'too_large', 'too_large'],
    ['RECORD_LIST_TOO_LARGE', 'too_large', 'too_large'],
    // Temporary, or caused by permissions and settings that an operator can change.
    ['NOT_LEADER_FOR_PARTITION', 'broker', null],
    ['LEADER_NOT_AVAILABLE', 'broker', null],
    ['NOT_ENOUGH_REPLICAS', 'broker', null],
    ['UNKNOWN_TOPIC_OR_PARTITION', 'broker', null],
    ['TOPIC_AUTHORIZATION_FAILED', 'broker', null],
    ['POLICY_VIOLATION', 'broker', null],
    ['KAFKA_STORAGE_ERROR', 'broker', null],
    ['REQUEST_TIMED_OUT', 'timeout', null],
  ])('%s counts as %s and rejects the record: %s', (type, reason, refusal) => {
    const error = toSendError(new Error('wrapped', { cause: protocolError(type) }))
    expect({ reason: error.reason, refusal: error.refusal }).toEqual({ reason, refusal })
    expect(error.message).toBe(`wrapped: ${type}`)
    expect(isTopicGone(error)).toBe(type === 'UNKNOWN_TOPIC_OR_PARTITION')
  })
})
