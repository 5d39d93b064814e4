import { describe, expect, it } from 'vitest'
import { limitRepeats } from '../../src/observability/logger.ts'

function limited() {
  const lines: [string, object, string][] = []
  const log = (level: string) => (fields: object, message: string) => {
    lines.push([level, fields, message])
  }
  const clock = { nowMs: 0, monotonicMs: () => clock.nowMs }
  const target = { error: log('error'), warn: log('warn'), info: log('info'), debug: log('debug') }
  return { lines, clock, logger: limitRepeats(target, clock) }
}

describe('limitRepeats', () => {
  it('logs the first, then one per minute with the number of suppressed repeats', () => {
    const { lines, clock, logger } = limited()
    for (let second = 0; second <= 125; second += 1) {
      clock.nowMs = second * 1000
      logger.warn({ second }, 'bad frame')
    }
    expect(lines).toEqual([
      ['warn', { second: 0 }, 'bad frame'],
      ['warn', { second: 60, suppressed: 59 }, 'bad frame'],
      ['warn', { second: 120, suppressed: 59 }, 'bad frame'],
    ])
  })

  it('does not limit info messages', () => {
    const { lines, logger } = limited()
    logger.info({ n: 1 }, 'connected')
    logger.info({ n: 2 }, 'connected')
    expect(lines).toHaveLength(2)
  })

  it('distinguishes messages and levels', () => {
    const { lines, logger } = limited()
    logger.warn({}, 'bad frame: json')
    logger.warn({}, 'bad frame: schema')
    logger.error({}, 'bad frame: json')
    logger.warn({}, 'bad frame: json')
    expect(lines).toHaveLength(3)
  })

  it('remembers a bounded number of messages and forgets the oldest', () => {
    const { lines, logger } = limited()
    for (let index = 0; index < 501; index += 1) logger.warn({}, `message ${index}`)
    logger.warn({}, 'message 500')
    expect(lines).toHaveLength(501)
    logger.warn({}, 'message 0')
    expect(lines).toHaveLength(502)
  })
})
