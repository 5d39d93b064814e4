import { describe, expect, it } from 'vitest'
import { baseUrl, instrumentNames, jobName } from '../../prometheus/src/generation-settings.ts'

const FALLBACK = 'http://127.0.0.1:9464/runbooks'

describe('the settings of the generation', () => {
  it.each([
    [undefined, FALLBACK],
    ['', FALLBACK],
    ['https://wiki.example/books/', 'https://wiki.example/books'],
  ])('a base URL %s is %s', (variable, expected) => {
    expect(baseUrl('RUNBOOK_BASE_URL', variable, FALLBACK)).toBe(expected)
  })

  it('a base URL is an address', () => {
    expect(() => baseUrl('RUNBOOK_BASE_URL', 'wiki', FALLBACK)).toThrow(
      'RUNBOOK_BASE_URL="wiki": expected an http(s) address',
    )
  })

  it('a job is the name of one', () => {
    expect(jobName('JOB', undefined, 'orderbook')).toBe('orderbook')
    expect(jobName('JOB', 'deribit/books', 'orderbook')).toBe('deribit/books')
    expect(() => jobName('JOB', 'a"} or up{job="b', 'orderbook')).toThrow('expected the name of')
  })

  it('the first tier is a list of names', () => {
    expect(instrumentNames(undefined)).toEqual([])
    expect(instrumentNames('BTC-PERPETUAL, ETH_USDC-PERPETUAL,')).toEqual([
      'BTC-PERPETUAL',
      'ETH_USDC-PERPETUAL',
    ])
    expect(() => instrumentNames('BTC-PERPETUAL,option:BTC')).toThrow('"option:BTC"')
  })
})
