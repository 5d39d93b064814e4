import { describe, expect, it } from 'vitest'
import { FAULTS } from '../../../src/simulator/faults/catalogue.ts'
import { createSimulator } from '../../../src/simulator/simulator.ts'
import { httpApp } from '../fakes.ts'

/** The route with the switches of a real simulator, which is not started. */
function demo() {
  const { faults } = createSimulator({ instruments: ['BTC-PERPETUAL'] })
  const { app } = httpApp({
    faults: { available: FAULTS, list: () => faults.list(), set: (wanted) => faults.set(wanted) },
  })
  const put = (payload: object) => app.inject({ method: 'PUT', url: '/demo/faults', payload })
  return { app, faults, put }
}

describe('the fault switches of the demo', () => {
  it('do not exist if the exchange is not simulated', async () => {
    const response = await httpApp().app.inject('/demo/faults')
    expect(response.statusCode).toBe(404)
    expect(response.json()).toMatchObject({ type: '/problems/route-not-found' })
  })

  it('list active and available faults', async () => {
    const { app, faults } = demo()
    faults.set('delay=50')
    const response = await app.inject('/demo/faults')
    expect(response.statusCode).toBe(200)
    expect(response.json()).toEqual({
      faults: [{ name: 'delay', value: '50', instruments: null }],
      available: FAULTS.map(({ name, lasts, standard, acceptsInstruments, what }) => {
        return { name, lasts, standard, acceptsInstruments, what }
      }),
    })
  })

  it('replace the active faults', async () => {
    const { faults, put } = demo()
    faults.set('still')
    const wanted = [
      { name: 'skew', value: -250 },
      { name: 'gap', instruments: ['BTC-PERPETUAL'] },
    ]
    const response = await put({ faults: wanted })
    expect(response.json()).toMatchObject({ faults: faults.list() })
    expect(faults.list()).toEqual([
      { name: 'skew', value: '-250', instruments: null },
      { name: 'gap', value: '10', instruments: ['BTC-PERPETUAL'] },
    ])
    await put({ faults: [] })
    expect(faults.list()).toEqual([])
  })

  it('refuse unknown faults with every reason and change nothing', async () => {
    const { faults, put } = demo()
    faults.set('still')
    const response = await put({ faults: [{ name: 'no-such' }, { name: 'skew', value: 'x' }] })
    expect(response.statusCode).toBe(400)
    expect(response.json()).toMatchObject({
      type: '/problems/bad-request',
      problems: [
        expect.stringMatching(/^scenario no-such: expected gap, /),
        'scenario skew=x: expected -3600000 to 3600000 (ms)',
      ],
    })
    expect(faults.list().map(({ name }) => name)).toEqual(['still'])
  })

  it.each([
    ['a body with another structure', { fault: [] }],
    ['a fault without a name', { faults: [{ value: '1' }] }],
    ['more faults than the limit', { faults: Array(200).fill({ name: 'gap' }) }],
  ])('refuse %s', async (_what, body) => {
    const { faults, put } = demo()
    expect((await put(body)).statusCode).toBe(400)
    expect(faults.list()).toEqual([])
  })
})
