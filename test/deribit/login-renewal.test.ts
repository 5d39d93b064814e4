import { describe, expect, it } from 'vitest'
import type { ResponseMessage } from '../../src/deribit/protocol/messages.ts'
import { Login } from '../../src/deribit/socket/auth.ts'
import { recordingLogger } from '../http/fakes.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { settle } from '../support/settle.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000

interface Call {
  readonly atMs: number
  readonly params: object
}

/** What the exchange answers to the login with this number: members of the answer, or an error. */
type Answer = (count: number) => Readonly<Record<string, unknown>> | { errorCode: number }

const error = (code: number) => ({ code, message: `error ${code}`, detail: '' })

async function loggedIn(answerTo: Answer) {
  const clock = new FakeClock()
  const startMs = clock.monotonicMs()
  const logger = recordingLogger()
  const calls: Call[] = []
  let lostAtMs: number | null = null
  const login = new Login(
    { clientId: 'me', clientSecret: 'hunter2' },
    {
      rpcSocket: {
        request(_method, params) {
          calls.push({ atMs: clock.monotonicMs() - startMs, params })
          const answer = answerTo(calls.length)
          const isError = 'errorCode' in answer
          return Promise.resolve<ResponseMessage>({
            type: 'response',
            id: calls.length,
            result: isError ? null : { access_token: `token-${calls.length}`, ...answer },
            error: isError ? error(answer.errorCode as number) : null,
            usIn: null,
            usOut: null,
          })
        },
      },
      clock,
      logger,
      onLost: () => {
        lostAtMs = clock.monotonicMs() - startMs
      },
    },
  )
  expect(await login.start()).toEqual({ outcome: 'ok' })
  return {
    clock,
    logger,
    calls,
    login,
    lostAtMs: () => lostAtMs,
    /** Lets time pass, a step at a time, so that answers come in between. */
    pass: async (ms: number, stepMs: number) => {
      for (let passed = 0; passed < ms; passed += stepMs) {
        clock.advance(stepMs)
        await settle()
      }
    },
  }
}

const times = (calls: readonly Call[]) => calls.map(({ atMs }) => atMs)
const grants = (calls: readonly Call[]) =>
  calls.map(({ params }) => ('grant_type' in params ? params.grant_type : null))

describe('a login', () => {
  it('without a refresh token is repeated before it expires, every time', async () => {
    const { calls, pass, lostAtMs } = await loggedIn(() => ({ expires_in: 3600 }))
    await pass(3 * HOUR_MS, 60_000)
    expect(times(calls)).toEqual([0, 0.8, 1.6, 2.4].map((hours) => hours * HOUR_MS))
    expect(calls.map(({ params }) => params)).toEqual(
      Array(4).fill({
        grant_type: 'client_credentials',
        client_id: 'me',
        client_secret: 'hunter2',
      }),
    )
    expect(lostAtMs()).toBeNull()
  })

  it.each([null, '', 7, {}])('treats the refresh token %j as missing', async (refresh_token) => {
    const { calls, pass } = await loggedIn(() => ({ refresh_token, expires_in: 100 }))
    await pass(80_000, 1000)
    expect(grants(calls)).toEqual(['client_credentials', 'client_credentials'])
  })

  it('continues if a renewal returns no refresh token', async () => {
    const { calls, pass } = await loggedIn((count) => ({
      expires_in: 100,
      ...(count === 1 ? { refresh_token: 'r' } : {}),
    }))
    await pass(160_000, 1000)
    expect(grants(calls)).toEqual(['client_credentials', 'refresh_token', 'client_credentials'])
  })

  it.each([
    ['missing', {}],
    ['null', { expires_in: null }],
    ['0', { expires_in: 0 }],
    ['negative', { expires_in: -3600 }],
    ['NaN', { expires_in: NaN }],
    ['a text', { expires_in: '31536000' }],
  ])('of a life that is %s is renewed as one of an hour, without a storm', async (_what, life) => {
    const { calls, pass } = await loggedIn(() => ({ refresh_token: 'r', ...life }))
    await pass(2 * HOUR_MS, 1000)
    expect(times(calls)).toEqual([0, 0.8 * HOUR_MS, 1.6 * HOUR_MS])
  })

  it.each([2_147_484, 31_536_000, 1e12, Number.MAX_VALUE, Infinity])(
    'of %d s, longer than a timer can wait, is renewed once a day',
    async (expires_in) => {
      const { calls, pass } = await loggedIn(() => ({ expires_in }))
      await pass(2.5 * DAY_MS, 60_000)
      expect(times(calls)).toEqual([0, DAY_MS, 2 * DAY_MS])
    },
  )

  it('of less than a second is renewed once a second', async () => {
    const { calls, pass } = await loggedIn(() => ({ expires_in: 0.001 }))
    await pass(3000, 100)
    expect(times(calls)).toEqual([0, 1000, 2000, 3000])
  })

  it('stays valid while renewals fail, until its token expires', async () => {
    const { calls, pass, lostAtMs, logger } = await loggedIn((count) =>
      count === 1 ? { refresh_token: 'r', expires_in: 100 } : { errorCode: 13_028 },
    )
    await pass(200_000, 1000)
    expect(times(calls)).toEqual([0, 80_000, 80_000, 90_000])
    expect(grants(calls).slice(1)).toEqual([
      'refresh_token',
      'client_credentials',
      'client_credentials',
    ])
    expect(lostAtMs()).toBe(90_000)
    expect(JSON.stringify(logger.lines)).not.toMatch(/hunter2|token-/)
  })

  it('recovers if a renewal fails once', async () => {
    const { calls, pass, lostAtMs } = await loggedIn((count) =>
      count === 2 ? { errorCode: 13_028 } : { expires_in: 100 },
    )
    await pass(170_000, 1000)
    expect(times(calls)).toEqual([0, 80_000, 90_000, 170_000])
    expect(lostAtMs()).toBeNull()
  })

  it('ends at once if the exchange refuses the credentials', async () => {
    const { pass, lostAtMs } = await loggedIn((count) =>
      count === 1 ? { expires_in: 31_536_000 } : { errorCode: 13_004 },
    )
    await pass(DAY_MS, 60_000)
    expect(lostAtMs()).toBe(DAY_MS)
  })

  it('is not renewed after a stop', async () => {
    const { login, clock, calls, pass } = await loggedIn(() => ({ expires_in: 100 }))
    login.stop()
    expect(clock.pendingTimers).toBe(0)
    await pass(HOUR_MS, 60_000)
    expect(calls).toHaveLength(1)
  })
})
