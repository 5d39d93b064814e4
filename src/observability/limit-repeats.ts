/** What is limited: fields first, a fixed message second. */
export interface RepeatableLogger {
  error(fields: object, message: string): void
  warn(fields: object, message: string): void
  info(fields: object, message: string): void
  debug(fields: object, message: string): void
}

const INTERVAL_MS = 60_000
/** Messages remembered at once; above it the one that was logged longest ago is forgotten. */
const MAX_MESSAGES = 500

type Level = keyof RepeatableLogger

interface Remembered {
  loggedMs: number
  suppressed: number
}

/**
 * A logger that passes a message on at its first time and then at most once a minute, with the
 * number of those left out in the field `suppressed`. Messages are told apart by level and text, so
 * what tells repeats apart (a reason) belongs into the text. `info` is for rare milestones and passes:
 * that all is well again must not be what is left out.
 */
export function limitRepeats(
  logger: RepeatableLogger,
  clock: { monotonicMs(): number },
): RepeatableLogger {
  const remembered = new Map<string, Remembered>()
  const log = (level: Level) => (fields: object, message: string) => {
    const key = `${level} ${message}`
    const nowMs = clock.monotonicMs()
    const last = remembered.get(key)
    if (last !== undefined && nowMs - last.loggedMs < INTERVAL_MS) {
      last.suppressed += 1
      return
    }
    // Set anew, so that the map's order is that of the last logging.
    remembered.delete(key)
    remembered.set(key, { loggedMs: nowMs, suppressed: 0 })
    if (remembered.size > MAX_MESSAGES) {
      for (const oldest of remembered.keys()) {
        remembered.delete(oldest)
        break
      }
    }
    const suppressed = last?.suppressed ?? 0
    logger[level](suppressed === 0 ? fields : { ...fields, suppressed }, message)
  }
  return {
    error: log('error'),
    warn: log('warn'),
    info: (fields, message) => logger.info(fields, message),
    debug: log('debug'),
  }
}
