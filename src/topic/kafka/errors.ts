import { messageOf } from '../../errors.ts'
import { type Refusal, SendError, type SendFailureReason } from '../producer/transport.ts'

/** How deep causes are followed. */
const MAX_DEPTH = 8

interface KafkaFacts {
  /** Names of the classes, from the outside to the cause. */
  readonly names: readonly string[]
  /** Error codes of the protocol, such as `MESSAGE_TOO_LARGE`. */
  readonly types: readonly string[]
}

/** What kafkajs says about an error. Its outermost class says little: the cause decides. */
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

/** True where the broker does not know the topic, or not its partitions. */
export function isTopicGone(thrown: unknown): boolean {
  return readKafkaError(thrown).types.includes('UNKNOWN_TOPIC_OR_PARTITION')
}

const TOO_LARGE = ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']
/**
 * What brokers say of a record that they never take. CORRUPT_MESSAGE counts as well: damage on the way
 * is gone with the second attempt, and a record that a broker cannot read would be sent for ever.
 */
const REFUSED = ['INVALID_TIMESTAMP', 'INVALID_RECORD', 'CORRUPT_MESSAGE']
const CONNECTION = [
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSBrokerNotFound',
  'KafkaJSNoBrokerAvailableError',
  'KafkaJSSASLAuthenticationError',
]

/** A failed send in our words. */
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
