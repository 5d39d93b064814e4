import { expect, it } from 'vitest'
import { addressToOpen } from '../../src/demo/demo.ts'

it.each([
  ['http://0.0.0.0:9464', 'http://127.0.0.1:9464'],
  ['http://[::]:9464', 'http://127.0.0.1:9464'],
  ['https://0.0.0.0:1', 'https://127.0.0.1:1'],
  ['http://127.0.0.1:9464', 'http://127.0.0.1:9464'],
  ['http://[::1]:9464', 'http://[::1]:9464'],
  ['http://10.0.0.0:9464', 'http://10.0.0.0:9464'],
])('prints for %s the address %s', (bound, shown) => {
  expect(addressToOpen(bound)).toBe(shown)
})
