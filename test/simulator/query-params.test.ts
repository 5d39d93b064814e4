import { describe, expect, it } from 'vitest'
import { queryParams } from '../../src/simulator/server/http-endpoint.ts'

describe('the parameters of a query', () => {
  it.each([
    ['', {}],
    ['a=1&b=true&c=', { a: '1', b: 'true', c: '' }],
    ['a=1&a=2', { a: '2' }],
    ['ids[]=a&ids[]=b&x=1', { ids: ['a', 'b'], x: '1' }],
    ['ids%5B%5D=a', { ids: ['a'] }],
    ['instrument_name=BTC%2DPERPETUAL&n=a+b', { instrument_name: 'BTC-PERPETUAL', n: 'a b' }],
    ['%E0%A4%A', { '\ufffd%A': '' }],
  ])('of %j are %j', (query, params) => {
    expect(queryParams(query)).toEqual(params)
  })

  it('are own properties for any name', () => {
    const params = queryParams('__proto__[]=x&constructor=y')
    expect(Object.entries(params)).toEqual([
      ['__proto__', ['x']],
      ['constructor', 'y'],
    ])
    expect(Object.getPrototypeOf(params)).toBe(Object.prototype)
  })
})
