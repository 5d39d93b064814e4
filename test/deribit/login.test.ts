import { describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import * as frames from '../support/frames.ts'
import { FakeDeribit, type Request } from './fake-deribit.ts'
import { lineTo } from './line.ts'

const CREDENTIALS = { clientId: 'me', clientSecret: 'hunter2' }
const YEAR_S = 31_536_000

const token = (id: number, expiresIn: number) =>
  frames.answer(
    id,
    `{"access_token":"a${id}","refresh_token":"r${id}","expires_in":${expiresIn},"token_type":"bearer"}`,
  )
const refusal = (id: number, code: number, message: string) =>
  `{"jsonrpc":"2.0","id":${id},"error":{"code":${code},"message":"${message}"}}`

async function lineWithLogin(answerAuth: (request: Request, count: number) => string | null) {
  const exchange = await FakeDeribit.start()
  let logins = 0
  exchange.answer = (request) => {
    if (request.method !== 'public/auth') return undefined
    logins += 1
    return answerAuth(request, logins)
  }
  const line = lineTo(exchange.url, { credentials: CREDENTIALS, deadAfterMs: 1e9 })
  line.line.start()
  return { ...line, exchange, link: await exchange.link(1) }
}

describe('a connection with credentials', () => {
  it('logs in before it subscribes', async () => {
    const { link, line, metrics } = await lineWithLogin(({ id }) => token(id, YEAR_S))
    await eventually(() => line.subscriptions.acknowledgedCount === 2)
    const methods = link.requests.map(({ method }) => method)
    expect(methods.indexOf('public/auth')).toBeLessThan(methods.indexOf('public/subscribe'))
    expect(link.of('public/auth')[0]?.params).toEqual({
      grant_type: 'client_credentials',
      client_id: 'me',
      client_secret: 'hunter2',
    })
    expect(metrics.connects.cell({ result: 'ok' }).value).toBe(1)
    expect(line.problem).toBeNull()
  })

  it.each([
    [13004, 'invalid_credentials'],
    [11098, 'account_locked'],
  ])('that are refused (%d) says so, and tries again after five minutes', async (code, message) => {
    const { line, metrics, clock, exchange, logger } = await lineWithLogin(({ id }) =>
      refusal(id, code, message),
    )
    await eventually(() => metrics.connects.cell({ result: 'auth' }).value === 1)
    await eventually(() => !line.isConnected)
    expect(line.problem).toBe(`credentials refused: login: ${code} ${message}`)
    expect(metrics.connects.cell({ result: 'ok' }).value).toBe(0)
    clock.advance(299_000)
    expect(exchange.links).toHaveLength(1)
    clock.advance(1000)
    await exchange.link(2)
    expect(JSON.stringify(logger.lines)).not.toContain('hunter2')
  })

  it('reconnects soon after an error that may pass', async () => {
    const { clock, exchange, line, metrics } = await lineWithLogin(({ id }, count) =>
      count === 1 ? refusal(id, 11094, 'internal_server_error') : token(id, YEAR_S),
    )
    await eventually(() => metrics.disconnects.cell({ reason: 'error' }).value === 1)
    clock.advance(1)
    await exchange.link(2)
    await eventually(() => line.subscriptions.acknowledgedCount === 2)
    expect(metrics.connects.cell({ result: 'auth' }).value).toBe(0)
  })

  it('renews its token before it expires, and from the beginning where it is void', async () => {
    const { clock, link } = await lineWithLogin(({ id, params }, count) => {
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

  it('looks once a day at a token of a year, whose timer would overflow', async () => {
    const { clock, link } = await lineWithLogin(({ id }) => token(id, YEAR_S))
    await link.called('public/subscribe')
    clock.advance(86_399_000)
    expect(link.of('public/auth')).toHaveLength(1)
    clock.advance(1000)
    await link.called('public/auth', 2)
  })

  it('never logs an answer that may hold a token, however broken it is', async () => {
    const { link, logger, line } = await lineWithLogin(({ id }) => token(id, YEAR_S))
    await eventually(() => line.subscriptions.acknowledgedCount === 2)
    link.send('{"id":1,"result":{"access_token":"tok-123456"')
    await eventually(() => logger.lines.some(({ message }) => message.startsWith('invalid frame')))
    expect(JSON.stringify(logger.lines)).not.toContain('tok-123456')
  })

  it('leaves no timer behind when it stops', async () => {
    const { clock, line, link } = await lineWithLogin(({ id }) => token(id, YEAR_S))
    await link.called('public/subscribe')
    await eventually(() => line.subscriptions.acknowledgedCount === 2)
    line.stop()
    expect(clock.pendingTimers).toBe(0)
  })
})
