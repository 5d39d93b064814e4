import { messageOf } from '../../errors.ts'
import type { SendFailureReason } from '../../model/topic.ts'
import { type Refusal, SendError } from '../producer/transport.ts'

/** Maximum depth of nested causes. */
const MAX_DEPTH = 8

interface KafkaFacts {
  /** Class names, from the outermost error to the cause. */
  readonly names: readonly string[]
  /** Error codes of the protocol, such as `MESSAGE_TOO_LARGE`. */
  readonly types: readonly string[]
}

/**
 * Collects the classes and codes of a kafkajs error and its causes. The outermost class alone is
 * not specific.
 */
export function readKafkaError(thrown: unknown): KafkaFacts {
  const names: string[] = []
  const types: string[] = []
  const queue: unknown[] = [thrown]
  for (let depth = 0; depth < MAX_DEPTH && queue.length > 0; depth += 1) {
    const error = queue.shift()
    if (!(error instanceof Error)) continue
    names.push(error.name)
    const { type, cause, errors } = error as Error & { type?: unknown; errors?: unknown }
    if (typeof type === 'string') types.push(type)
    if (cause !== undefined) queue.push(cause)
    if (Array.isArray(errors)) queue.push(...(errors as unknown[]))
  }
  return { names, types }
}

/** True if the broker does not know the topic, or its partitions. */
export function isTopicGone(thrown: unknown): boolean {
  return readKafkaError(thrown).types.includes('UNKNOWN_TOPIC_OR_PARTITION')
}

const DENIED = ['TOPIC_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED', 'POLICY_VIOLATION']

/** True if the broker does not permit the request: only its operator can change that. */
export function isDenied(thrown: unknown): boolean {
  return readKafkaError(thrown).types.some((type) => DENIED.includes(type))
}

const TOO_LARGE = ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']
/**
 * Error codes of records that a broker never accepts. Includes CORRUPT_MESSAGE: damage in transit
 * is gone at the second attempt, and a record that a broker cannot read would be retried without
 * end.
 */
const REFUSED = ['INVALID_TIMESTAMP', 'INVALID_RECORD', 'CORRUPT_MESSAGE']
const CONNECTION = [
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSBrokerNotFound',
  'KafkaJSNoBrokerAvailableError',
  'KafkaJSSASLAuthenticationError',
]

/** Converts the error of a failed send. */
export function toSendError(thrown: unknown): SendError {
  if (thrown instanceof SendError) return thrown
  const { names, types } = readKafkaError(thrown)
  return new SendError(reasonOf(names, types), messageOf(thrown), {
    cause: thrown,
    refusal: refusalOf(types),
  })
}

function refusalOf(types: readonly string[]): Refusal | null {
  if (types.some((type) => TOO_LARGE.includes(type))) return 'too_large'
  return types.some((type) => REFUSED.includes(type)) ? 'refused' : null
}

function reasonOf(names: readonly string[], types: readonly string[]): SendFailureReason {
  if (types.some((type) => TOO_LARGE.includes(type))) return 'too_large'
  if (types.includes('REQUEST_TIMED_OUT')) return 'timeout'
  if (types.length > 0) return 'broker'
  if (names.includes('KafkaJSRequestTimeoutError')) return 'timeout'
  return names.some((name) => CONNECTION.includes(name)) ? 'connection' : 'broker'
}
