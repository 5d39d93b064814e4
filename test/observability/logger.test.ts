import { describe, expect, it } from 'vitest'
import { AppError } from '../../src/errors.ts'
import type { Logger } from '../../src/model/telemetry.ts'
import { componentLogger, createLogger } from '../../src/observability/logger.ts'

function recorded(level: 'info' | 'debug' = 'info') {
  const lines: Record<string, unknown>[] = []
  const stream = {
    write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>),
  }
  const logger = createLogger({ level, stream })
  return { lines, logger }
}

describe('the logger', () => {
  it('writes one JSON object per line with level, time, component and message', () => {
    const { lines, logger } = recorded()
    const part: Logger = componentLogger(logger, 'feed')
    part.info({ instrument: 'BTC-PERPETUAL' }, 'subscribed')
    expect(lines).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as unknown,
        component: 'feed',
        instrument: 'BTC-PERPETUAL',
        msg: 'subscribed',
      },
    ])
  })

  it('omits messages below its level', () => {
    const { lines, logger } = recorded()
    logger.debug({}, 'detail')
    expect(lines).toEqual([])
  })

  it('redacts secrets at every depth', () => {
    const { lines, logger } = recorded()
    logger.warn(
      {
        password: 'hunter2',
        config: { DERIBIT_CLIENT_SECRET: 'hunter2', HTTP_AUTH_TOKEN: 'hunter2' },
        request: {
          headers: { authorization: 'Bearer hunter2' },
          params: { client_secret: 'hunter2' },
        },
      },
      'all of it',
    )
    expect(JSON.stringify(lines)).not.toContain('hunter2')
    expect(lines[0]).toMatchObject({ password: '[redacted]' })
  })

  it('writes an error with its code, context and cause', () => {
    const { lines, logger } = recorded()
    const cause = new Error('socket hang up')
    const err = new AppError('ERR_FEED_CONNECTION', 'cannot connect', { cause, context: { n: 1 } })
    logger.error({ err }, 'connection failed')
    expect(lines[0]).toMatchObject({ err: { code: 'ERR_FEED_CONNECTION', context: { n: 1 } } })
    expect(JSON.stringify(lines[0])).toContain('socket hang up')
  })
})
