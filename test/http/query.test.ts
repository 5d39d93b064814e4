import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { readLivePage } from '../../src/http/routes/web-ui.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { FakePipeline, FakeSnapshots, httpApp, liveView } from './fakes.ts'

const BOOK = '/api/v1/snapshots/BTC-PERPETUAL'
const PROBLEM = { type: '/problems/bad-request', status: 400 }

/** Every route of the API, with a path that answers 200 and the known parameters. */
const ROUTES: readonly [path: string, known: readonly string[]][] = [
  ['/api/v1/instruments', []],
  ['/api/v1/snapshots', ['state']],
  [BOOK, ['depth', 'allowStale']],
  ['/api/v1/stream', ['instruments']],
  ['/api/v1/pipeline', []],
  ['/openapi.json', []],
  ['/demo/faults', []],
]

const FAULTS = { available: [], list: () => [], set: () => undefined }

describe('a query parameter', () => {
  it.each(ROUTES)('unknown to %s is refused with the known parameters', async (path, known) => {
    const { app } = httpApp({ faults: FAULTS })
    const response = await app.inject(`${path}?allow_stale=true`)
    expect(response.statusCode).toBe(400)
    expect(response.headers['content-type']).toContain('application/problem+json')
    const expected =
      known.length === 0 ? 'this route has no query parameters' : `expected ${known.join(', ')}`
    expect(response.json()).toMatchObject({
      ...PROBLEM,
      detail: `unknown query parameter "allow_stale" (${expected})`,
      knownParameters: known,
    })
  })

  it('is refused if unknown on every documented route except probes and /metrics', async () => {
    const { app } = httpApp()
    const { paths } = (await app.inject('/openapi.json')).json<{ paths: Record<string, object> }>()
    const statuses = await Promise.all(
      Object.keys(paths).map(async (path) => {
        const url = `${path.replace('{instrument}', 'BTC-PERPETUAL')}?x=1`
        return [path, (await app.inject(url)).statusCode] as const
      }),
    )
    const answered = statuses.filter(([, status]) => status !== 400)
    expect(answered).toEqual([
      ['/livez', 200],
      ['/readyz', 200],
      ['/metrics', 200],
    ])
    expect(statuses.length).toBeGreaterThan(7)
  })

  it.each([
    ['__proto__', '__proto__=1'],
    ['constructor', 'constructor=1'],
    ['toString', 'toString'],
    ['hasOwnProperty', 'hasOwnProperty=x'],
    ['', '=1'],
    ['depth[]', 'depth[]=1'],
    ['depth[x]', 'depth%5Bx%5D=1'],
    ['Depth', 'Depth=1'],
    ['allowstale', 'allowstale=true'],
    [' depth', '+depth=1'],
    ['depth;allowStale', 'depth;allowStale=true'],
  ])('named %j is unknown', async (name, query) => {
    const response = await httpApp().app.inject(`${BOOK}?${query}`)
    expect(response.json()).toMatchObject({
      ...PROBLEM,
      detail: `unknown query parameter ${JSON.stringify(name)} (expected depth, allowStale)`,
    })
  })

  it.each([
    ['allowStale', 'allowStale=true&allowStale=false'],
    ['allowStale', 'allowStale=true&allowStale=true'],
    ['depth', 'depth=1&depth=1'],
  ])('%s given more than once is refused', async (name, query) => {
    const response = await httpApp().app.inject(`${BOOK}?${query}`)
    const detail = `query parameter "${name}" must be given only once`
    expect(response.json()).toMatchObject({ ...PROBLEM, detail })
  })

  it.each(['1', '0', 'yes', 'TRUE', 'True', 'on', 'null', '%20true', 'true%20', 'false,true'])(
    'allowStale=%s is refused, as it is neither true nor false',
    async (value) => {
      const response = await httpApp().app.inject(`${BOOK}?allowStale=${value}`)
      const detail = 'query parameter allowStale must be true or false'
      expect(response.json()).toMatchObject({ ...PROBLEM, detail })
    },
  )

  it.each(['allowStale', 'allowStale='])('%s without a value is refused', async (query) => {
    const response = await httpApp().app.inject(`${BOOK}?${query}`)
    const detail = 'query parameter allowStale must be true or false'
    expect(response.json()).toMatchObject({ ...PROBLEM, detail })
  })

  it.each([
    [`${BOOK}?depth=deep`, 'depth must be integer'],
    [`${BOOK}?depth=`, 'depth must be integer'],
    [`${BOOK}?depth=0`, 'depth must be >= 1'],
    ['/api/v1/snapshots?state=stale', 'state must be one of live, any'],
    ['/api/v1/snapshots?state=', 'state must be one of live, any'],
  ])('of %s is refused with the valid values', async (url, words) => {
    const response = await httpApp().app.inject(url)
    expect(response.json()).toMatchObject({ ...PROBLEM, detail: `query parameter ${words}` })
  })

  it('is accepted if known, alone or with others', async () => {
    const snapshots = new FakeSnapshots(liveView({ state: 'stale', reason: 'unverified' }))
    const { app } = httpApp({ snapshots })
    for (const [query, status] of [
      ['', 503],
      ['?', 503],
      ['?&', 503],
      ['?allowStale=false', 503],
      ['?allowStale=true', 200],
      ['?allowStale=true&depth=1', 200],
      ['?%61llowStale=true', 200],
    ] as const) {
      expect([query, (await app.inject(`${BOOK}${query}`)).statusCode]).toEqual([query, status])
    }
  })

  it('is quoted with limited length and number', async () => {
    const { app } = httpApp()
    const long = await app.inject(`${BOOK}?${'x'.repeat(4000)}=1`)
    const many = await app.inject(
      `${BOOK}?${Array.from({ length: 400 }, (_, i) => `x${i}`).join('&')}`,
    )
    for (const response of [long, many]) {
      expect(response.statusCode).toBe(400)
      expect(response.body.length).toBeLessThan(600)
    }
    expect(many.json()).toMatchObject({
      detail:
        'unknown query parameter "x0", "x1", "x2", "x3", "x4" and others (expected depth, allowStale)',
    })
  })

  it('is checked after the token, and ignored on routes that the role does not have', async () => {
    const guarded = httpApp({}, { token: 'secret' }).app
    expect((await guarded.inject(`${BOOK}?token=secret`)).statusCode).toBe(401)
    const producer = httpApp({ snapshots: null, pipeline: new FakePipeline() }).app
    for (const url of [`${BOOK}?depth=5`, `${BOOK}?x=5`]) {
      expect((await producer.inject(url)).json()).toMatchObject({ type: '/problems/wrong-role' })
    }
    expect((await producer.inject('/api/v1/nothing?x=1')).json()).toMatchObject({
      type: '/problems/route-not-found',
    })
  })

  it.each(['/', '/page/page.js', '/docs/', '/docs/static/swagger-ui.css'])(
    'of the file %s is ignored',
    async (url) => {
      const folder = temporaryFolder()
      for (const name of ['index.html', 'page.js']) writeFileSync(join(folder, name), 'x')
      const { app } = httpApp({ page: readLivePage(pathToFileURL(`${folder}/`)) })
      expect((await app.inject(`${url}?v=1`)).statusCode).toBeLessThan(400)
    },
  )
})
