import { describe, expect, it } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import * as frames from '../../support/frames.ts'
import { FakeDeribit, type Request } from '../fake-deribit.ts'
import { connectionTo } from '../feed-connection.ts'

const CREDENTIALS = { clientId: 'me', clientSecret: 'hunter2' }
const YEAR_S = 31_536_000

const token = (id: number, expiresIn: number) =>
  frames.answer(
    id,
    `{"access_token":"a${id}","refresh_token":"r${id}","expires_in":${expiresIn},"token_type":"bearer"}`,
  )
const refusal = (id: number, code: number, message: string) =>
  `{"jsonrpc":"2.0","id":${id},"error":{"code":${code},"message":"${message}"}}`

async function connectionWithLogin(answerAuth: (request: Request, count: number) => string | null) {
  const exchange = await FakeDeribit.start()
  let logins = 0
  exchange.answer = (request) => {
    if (request.method !== 'public/auth') return undefined
    logins += 1
    return answerAuth(request, logins)
  }
  const connection = connectionTo(exchange.url, { credentials: CREDENTIALS, deadAfterMs: 1e9 })
  connection.connection.start()
  return { ...connection, exchange, link: await exchange.link(1) }
}

describe('a connection with credentials', () => {
  it('logs in before it subscribes', async () => {
    const { link, connection, metrics } = await connectionWithLogin(({ id }) => token(id, YEAR_S))
    await eventually(() => connection.subscriptions.acknowledgedCount === 2)
    const methods = link.requests.map(({ method }) => method)
    expect(methods.indexOf('public/auth')).toBeLessThan(methods.indexOf('public/subscribe'))
    expect(link.of('public/auth')[0]?.params).toEqual({
      grant_type: 'client_credentials',
      client_id: 'me',
      client_secret: 'hunter2',
    })
    expect(metrics.connects.series({ result: 'ok' }).value).toBe(1)
    expect(connection.problem).toBeNull()
  })

  it.each([
    [13004, 'invalid_credentials'],
    [11098, 'account_locked'],
  ])('that are refused (%d) says so, and tries again after five minutes', async (code, message) => {
    const { connection, metrics, clock, exchange, logger } = await connectionWithLogin(({ id }) =>
      refusal(id, code, message),
    )
    await eventually(() => metrics.connects.series({ result: 'auth' }).value === 1)
    await eventually(() => !connection.isConnected)
    expect(connection.problem).toBe(`credentials refused: login: ${code} ${message}`)
    expect(metrics.connects.series({ result: 'ok' }).value).toBe(0)
    clock.advance(299_000)
    expect(exchange.links).toHaveLength(1)
    clock.advance(1000)
    await exchange.link(2)
    expect(JSON.stringify(logger.lines)).not.toContain('hunter2')
  })

  it('reconnects soon after a temporary error', async () => {
    const { clock, exchange, connection, metrics } = await connectionWithLogin(({ id }, count) =>
      count === 1 ? refusal(id, 11094, 'internal_server_error') : token(id, YEAR_S),
    )
    await eventually(() => metrics.disconnects.series({ reason: 'error' }).value === 1)
    clock.advance(1)
    await exchange.link(2)
    await eventually(() => connection.subscriptions.acknowledgedCount === 2)
    expect(metrics.connects.series({ result: 'auth' }).value).toBe(0)
  })

  it('renews its token before it expires, and logs in again if it is invalid', async () => {
    const { clock, link } = await connectionWithLogin(({ id, params }, count) => {
      if (count < 3) return token(id, 100)
      return 'refresh_token' in params ? refusal(id, 13009, 'unauthorized') : token(id, 100)
    })
    await link.called('public/subscribe')
    clock.advance(79_999)
    expect(link.of('public/auth')).toHaveLength(1)
    clock.advance(1)
    const renewal = await link.called('public/auth', 2)
    expect(renewal.params).toMatchObject({ grant_type: 'refresh_token' })
    // The answer sets the next timer.
    await eventually(() => {
      clock.advance(80_000)
      return link.of('public/auth').length >= 4
    })
    expect(link.of('public/auth').at(-1)?.params).toMatchObject({
      grant_type: 'client_credentials',
    })
  })

  it('renews a token of a year once a day, because a timer would overflow', async () => {
    const { clock, link } = await connectionWithLogin(({ id }) => token(id, YEAR_S))
    await link.called('public/subscribe')
    clock.advance(86_399_000)
    expect(link.of('public/auth')).toHaveLength(1)
    clock.advance(1000)
    await link.called('public/auth', 2)
  })

  it('never logs a response that may hold a token, even if it is malformed', async () => {
    const { link, logger, connection } = await connectionWithLogin(({ id }) => token(id, YEAR_S))
    await eventually(() => connection.subscriptions.acknowledgedCount === 2)
    link.send('{"id":1,"result":{"access_token":"tok-123456"')
    await eventually(() => logger.lines.some(({ message }) => message.startsWith('invalid frame')))
    expect(JSON.stringify(logger.lines)).not.toContain('tok-123456')
  })

  it('has no timer after a stop', async () => {
    const { clock, connection, link } = await connectionWithLogin(({ id }) => token(id, YEAR_S))
    await link.called('public/subscribe')
    await eventually(() => connection.subscriptions.acknowledgedCount === 2)
    connection.stop()
    expect(clock.pendingTimers).toBe(0)
  })
})
