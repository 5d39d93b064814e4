import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { configHash, describeConfig, readConfig } from '../../src/config/config.ts'
import { withoutConnectionSettings } from '../../src/config/describe.ts'
import { AppError } from '../../src/errors.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

type Environment = Record<string, string | undefined>

const read = (environment: Environment) => readConfig(environment, { isStrict: true })
const EXPECTED =
  'is invalid (expected the http:// or https:// address of a proxy: [user:password@]host[:port])'

function problemsOf(environment: Environment): unknown {
  try {
    read(environment)
  } catch (error) {
    if (error instanceof AppError && error.code === 'ERR_CONFIG_INVALID') {
      return error.context['problems']
    }
    throw error
  }
  return []
}

const basic = (login: string) => `Basic ${Buffer.from(login).toString('base64')}`

describe('HTTPS_PROXY', () => {
  it('means no proxy if it is unset or empty', () => {
    expect(read({}).proxy).toBeNull()
    expect(read({ HTTPS_PROXY: ' ', https_proxy: '' }).proxy).toBeNull()
    expect(read({ HTTP_PROXY: 'http://proxy:1', ALL_PROXY: 'http://proxy:1' }).proxy).toBeNull()
  })

  it.each([
    ['http://proxy:3128', 'http://proxy:3128', null],
    ['http://proxy:3128/', 'http://proxy:3128', null],
    ['proxy.corp:3128', 'http://proxy.corp:3128', null],
    ['proxy', 'http://proxy', null],
    ['10.0.0.1:3128', 'http://10.0.0.1:3128', null],
    ['https://proxy', 'https://proxy', null],
    ['HTTP://PROXY:80', 'http://proxy', null],
    ['http://[::1]:3128', 'http://[::1]:3128', null],
    ['http://me:hunter2@proxy:3128', 'http://proxy:3128', basic('me:hunter2')],
    ['me:hunter2@proxy:3128', 'http://proxy:3128', basic('me:hunter2')],
    ['http://me@proxy:3128', 'http://proxy:3128', basic('me:')],
    ['http://me:p%40ss%3A%2Fw@proxy', 'http://proxy', basic('me:p@ss:/w')],
    ['http://me:a,b@c@proxy', 'http://proxy', basic('me:a,b@c')],
  ])('%s is %s, logged in with %s', (text, url, authorization) => {
    expect(read({ HTTPS_PROXY: text }).proxy).toEqual({ url, authorization })
    expect(read({ https_proxy: text }).proxy).toEqual({ url, authorization })
  })

  it('takes precedence over https_proxy, which is read if it is empty', () => {
    expect(read({ HTTPS_PROXY: 'http://a', https_proxy: 'http://b' }).proxy?.url).toBe('http://a')
    expect(read({ HTTPS_PROXY: '', https_proxy: 'http://b' }).proxy?.url).toBe('http://b')
  })

  it.each([
    ['socks5://proxy:1080', 'socks5://[redacted]'],
    ['ftp://me:hunter2@proxy', 'ftp://[redacted]@proxy'],
    ['http://', 'http://[redacted]'],
    ['http://proxy:99999', 'http://[redacted]'],
    ['http://proxy:0', 'http://[redacted]'],
    ['http://me:hunter2', 'http://[redacted]'],
    ['http://proxy/path', 'http://[redacted]'],
    ['http://proxy?token=hunter2', 'http://[redacted]'],
    ['http://proxy#hunter2', 'http://[redacted]'],
    ['http://me:hunter2%zz@proxy', 'http://[redacted]@proxy'],
    ['http://me:hun,ter2@pro xy', 'http://[redacted]@pro xy'],
    ['http://me:hun ter2@proxy', 'http://[redacted]@proxy'],
    ['http://me:hunter2/x@proxy:1', 'http://[redacted]@proxy:1'],
    [':', '[redacted]'],
  ])('rejects %s, shown as %s', (text, shown) => {
    for (const name of ['HTTPS_PROXY', 'https_proxy']) {
      expect(problemsOf({ [name]: text })).toEqual([
        `HTTPS_PROXY=${JSON.stringify(shown)} ${EXPECTED}`,
      ])
    }
  })

  it('shows its address but never its password in the log line and the hash', () => {
    const config = read({ HTTPS_PROXY: 'http://me:hun,ter2@proxy:3128' })
    expect(describeConfig(config)['HTTPS_PROXY']).toBe('http://[redacted]@proxy:3128')
    expect(JSON.stringify(describeConfig(config))).not.toMatch(/hun|ter2|\bme\b/)
    expect(configHash(config)).toBe(configHash(read({ HTTPS_PROXY: 'http://you:x@proxy:3128' })))
    expect(describeConfig(read({ HTTPS_PROXY: 'http://proxy:1' }))['HTTPS_PROXY']).toBe(
      'http://proxy:1',
    )
  })

  it('may come from a file', () => {
    const HTTPS_PROXY_FILE = join(temporaryFolder(), 'proxy')
    writeFileSync(HTTPS_PROXY_FILE, 'http://me:hunter2@proxy:3128\n')
    expect(read({ HTTPS_PROXY_FILE }).proxy?.authorization).toBe(basic('me:hunter2'))
    expect(problemsOf({ HTTPS_PROXY_FILE, HTTPS_PROXY: 'http://proxy' })).toEqual([
      expect.stringContaining('expected no value when HTTPS_PROXY is set'),
    ])
  })

  it('is not used if NO_PROXY excludes the exchange', () => {
    const HTTPS_PROXY = 'http://proxy:3128'
    expect(read({ HTTPS_PROXY, NO_PROXY: '.deribit.com' }).proxy).toBeNull()
    expect(read({ HTTPS_PROXY, no_proxy: 'localhost,*' }).proxy).toBeNull()
    expect(read({ HTTPS_PROXY, NO_PROXY: 'localhost,127.0.0.1' }).proxy?.url).toBe(HTTPS_PROXY)
    expect(read({ HTTPS_PROXY, NO_PROXY: 'a', no_proxy: '*' }).proxy?.url).toBe(HTTPS_PROXY)
    const local = { HTTPS_PROXY, DERIBIT_URL: 'ws://127.0.0.1:8080' }
    expect(read(local).proxy?.url).toBe(HTTPS_PROXY)
    expect(read({ ...local, NO_PROXY: '127.0.0.0/8' }).proxy).toBeNull()
  })

  it('is an error if it is invalid, even if the exchange is excluded', () => {
    expect(problemsOf({ HTTPS_PROXY: 'socks5://proxy', NO_PROXY: '*' })).toHaveLength(1)
  })

  it('rejects a login over ws:// through a proxy on another host', () => {
    const login = {
      DERIBIT_CLIENT_ID: 'me',
      DERIBIT_CLIENT_SECRET: 'x',
      DERIBIT_URL: 'ws://[::1]:1',
    }
    expect(problemsOf(login)).toEqual([])
    expect(problemsOf({ ...login, HTTPS_PROXY: 'http://127.0.0.1:3128' })).toEqual([])
    expect(problemsOf({ ...login, HTTPS_PROXY: 'http://proxy:3128' })).toEqual([
      expect.stringContaining('wss:// with a login'),
    ])
    expect(problemsOf({ ...login, HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: '::1' })).toEqual([])
  })

  it('is ignored by the demo and the stack', () => {
    const names = ['HTTPS_PROXY', 'https_proxy', 'HTTPS_PROXY_FILE']
    const environment = Object.fromEntries(names.map((name) => [name, 'http://proxy:3128']))
    expect(withoutConnectionSettings(environment)).toEqual({})
  })

  it('does not make HTTPS_ a prefix of settings', () => {
    for (const name of ['NO_COLOR', 'NO_UPDATE_NOTIFIER', 'HTTPS_KEY', 'HTTPS', 'NO_PROXY_X']) {
      expect(problemsOf({ [name]: '1' })).toEqual([])
    }
  })
})
