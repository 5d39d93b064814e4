import { describe, expect, it } from 'vitest'
import { isExcluded } from '../../src/config/proxy.ts'

const DERIBIT = 'wss://www.deribit.com/ws/api/v2'

describe('NO_PROXY', () => {
  it.each([
    ['*', DERIBIT],
    ['www.deribit.com', DERIBIT],
    ['WWW.Deribit.COM', DERIBIT],
    ['deribit.com', DERIBIT],
    ['.deribit.com', DERIBIT],
    ['*.deribit.com', DERIBIT],
    ['*deribit.com', DERIBIT],
    ['.deribit.com', 'wss://deribit.com/'],
    ['deribit.com.', DERIBIT],
    ['www.deribit.com', 'wss://www.deribit.com./'],
    ['com', DERIBIT],
    ['localhost, 127.0.0.1 ,deribit.com', DERIBIT],
    ['localhost deribit.com', DERIBIT],
    ['www.deribit.com:443', DERIBIT],
    ['.deribit.com:443', DERIBIT],
    ['*:443', DERIBIT],
    ['www.deribit.com:80', 'ws://www.deribit.com/'],
    ['localhost:8080', 'ws://localhost:8080'],
    ['localhost', 'ws://localhost:8080'],
    ['127.0.0.1', 'ws://127.0.0.1:8080'],
    ['127.0.0.1:8080', 'ws://127.0.0.1:8080'],
    ['127.0.0.0/8', 'ws://127.0.0.1:8080'],
    ['10.0.0.0/8,172.16.0.0/12', 'ws://172.31.255.255'],
    ['0.0.0.0/0', 'ws://8.8.8.8'],
    ['::1', 'ws://[::1]:8080'],
    ['[::1]', 'ws://[::1]:8080'],
    ['[::1]:8080', 'ws://[::1]:8080'],
    ['0:0:0:0:0:0:0:1', 'ws://[::1]:8080'],
    ['fd00::/8', 'ws://[fd12::7]'],
    ['127.0.0.1', 'ws://2130706433'],
  ])('%j excludes %s', (noProxy, url) => {
    expect(isExcluded(new URL(url), noProxy)).toBe(true)
  })

  it.each([
    ['', DERIBIT],
    [' , ,', DERIBIT],
    ['.', DERIBIT],
    ['deribit', DERIBIT],
    ['test.deribit.com', DERIBIT],
    ['notderibit.com', DERIBIT],
    ['deribit.com', 'wss://notderibit.com'],
    ['.deribit.com', 'wss://notderibit.com'],
    ['*.deribit.com', 'wss://deribit.com'],
    ['deribit.com', 'wss://deribit.com.example.com'],
    ['www.deribit.com:80', DERIBIT],
    ['www.deribit.com:8443', DERIBIT],
    ['*:80', DERIBIT],
    ['443', DERIBIT],
    [':443', DERIBIT],
    ['wss://www.deribit.com', DERIBIT],
    ['127.0.0.1', 'ws://localhost:8080'],
    ['localhost', 'ws://127.0.0.1:8080'],
    ['127.0.0.1:81', 'ws://127.0.0.1:8080'],
    ['7.0.0.1', 'ws://127.0.0.1:8080'],
    ['.0.0.1', 'ws://127.0.0.1:8080'],
    ['10.0.0.0/8', 'ws://11.0.0.1'],
    ['10.0.0.0/33', 'ws://10.0.0.1'],
    ['10.0.0.0/', 'ws://10.0.0.1'],
    ['10.0.0.0/-1', 'ws://10.0.0.1'],
    ['10.0.0.0/8', 'ws://[::a00:1]'],
    ['::/0', 'ws://10.0.0.1'],
    ['::1', 'ws://[::2]:8080'],
    ['[::1]:81', 'ws://[::1]:8080'],
    ['(*', DERIBIT],
  ])('%j does not exclude %s', (noProxy, url) => {
    expect(isExcluded(new URL(url), noProxy)).toBe(false)
  })
})
