import { describe, expect, it } from 'vitest'
import { chooseFormat } from '../../../src/observability/metrics/renderer.ts'

const PROMETHEUS_2 =
  'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1'
const PROMETHEUS_3 =
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1'
const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'

describe('chooseFormat', () => {
  it.each([
    [undefined, 'text'],
    ['', 'text'],
    ['*/*', 'text'],
    [BROWSER, 'text'],
    ['text/plain', 'text'],
    ['text/plain;version=0.0.4', 'text'],
    ['application/json', 'text'],
    ['application/openmetrics-text', 'openmetrics'],
    ['Application/OpenMetrics-Text; Version="1.0.0"', 'openmetrics'],
    [PROMETHEUS_2, 'openmetrics'],
    [PROMETHEUS_3, 'openmetrics'],
    ['application/openmetrics-text;version=0.0.1', 'text'],
    ['application/openmetrics-text;q=0.5, text/plain;q=0.6', 'text'],
    ['application/openmetrics-text;q=0.6, text/plain;q=0.5', 'openmetrics'],
    ['application/openmetrics-text;q=0, */*', 'text'],
    ['application/openmetrics-text;q=0', 'text'],
    ['application/openmetrics-text;q=2', 'text'],
    ['application/openmetrics-text;q=NaN, text/plain;q=0.1', 'text'],
    ['application/openmetrics-text, text/plain', 'openmetrics'],
    ['text/plain;q=0.1, */*;q=0.9', 'openmetrics'],
    [',;,=;q', 'text'],
  ] as const)('answers %j with %s', (accept, format) => {
    expect(chooseFormat(accept)).toBe(format)
  })
})
