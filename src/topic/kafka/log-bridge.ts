import { logLevel, type logCreator } from 'kafkajs'
import type { Logger } from '../../model/logger.ts'

/** What kafkajs calls an error, and is the ordinary course of a rebalance or of a new broker. */
const ORDINARY =
  /rebalanc|rejoin|coordinator is not aware|group coordinator is not available|not the correct coordinator|response without match|does not host this topic|leader not available|topic creation errors/i
/** What those who use the client say themselves, once: it would say so at every attempt. */
const SAID_BY_US =
  /^(sasl .* failed|connection|failed to connect|closed connection|crash|failed to send messages|request .* timed out)/i

/**
 * Takes kafkajs's words into our log. Whether we can do our job is said by the parts that use the
 * client, so its own errors are at most warnings, and what every rebalance brings is for debugging,
 * as is everything while `isQuiet`.
 */
export function createLogBridge(logger: Logger, isQuiet: () => boolean): logCreator {
  return () => (entry) => {
    const { message } = entry.log
    const extra: Readonly<Record<string, unknown>> = entry.log
    const { error, groupId, broker } = extra
    const fields = { namespace: entry.namespace, detail: message, error, groupId, broker }
    const isOrdinary = ORDINARY.test(typeof error === 'string' ? `${message} ${error}` : message)
    if (isQuiet() || isOrdinary || SAID_BY_US.test(message) || entry.level > logLevel.WARN)
      logger.debug(fields, 'Kafka client')
    else logger.warn(fields, 'the Kafka client reports a problem')
  }
}
