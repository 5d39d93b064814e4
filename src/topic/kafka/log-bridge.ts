import { logLevel, type logCreator } from 'kafkajs'
import type { Logger } from '../../model/logger.ts'

/** What kafkajs calls an error, and is the ordinary course of a rebalance or of a new broker. */
const ORDINARY =
  /rebalanc|rejoin|coordinator is not aware|group coordinator is not available|not the correct coordinator|response without match|does not host this topic|leader not available|topic creation errors/i
/** What those who use the client say themselves, once: it would say so at every attempt. */
const SAID_BY_US =
  /^(sasl .* failed|connection|failed to connect|closed connection|crash|failed to send messages|request .* timed out|failed to find group coordinator|the timestamp of the message is|this message has failed its crc|the request included (a )?message)/i

export interface LogBridgeOptions {
  /** While true, everything is for debugging. */
  isQuiet: () => boolean
  /** A debug line tells of an error, which kafkajs may hide from its caller. */
  onError: (error: Error) => void
}

/**
 * Takes kafkajs's words into our log. Whether we can do our job is said by the parts that use the
 * client, so its own errors are at most warnings, and what every rebalance brings is for debugging.
 */
export function createLogBridge(logger: Logger, options: LogBridgeOptions): logCreator {
  return () => (entry) => {
    const { message } = entry.log
    const extra: Readonly<Record<string, unknown>> = entry.log
    const { error, groupId, broker } = extra
    if (entry.level > logLevel.INFO) {
      // Each request has several of them.
      if (error instanceof Error) options.onError(error)
      return
    }
    const fields = { namespace: entry.namespace, detail: message, error, groupId, broker }
    const isOrdinary = ORDINARY.test(typeof error === 'string' ? `${message} ${error}` : message)
    const isOurs = isOrdinary || SAID_BY_US.test(message) || entry.level > logLevel.WARN
    if (options.isQuiet() || isOurs) logger.debug(fields, 'Kafka client')
    else logger.warn(fields, 'the Kafka client reports a problem')
  }
}
