import { expect, it } from 'vitest'
import { PLACEHOLDER, runbookBaseUrl } from '../../prometheus/src/runbook-base-url.ts'

it.each([
  ['nobody knows where', undefined, undefined, PLACEHOLDER],
  ['an empty variable is none', '', undefined, PLACEHOLDER],
  [
    'the variable takes precedence',
    'https://wiki.example/books/',
    'https://a.example/b',
    'https://wiki.example/books',
  ],
  [
    'the repository of package.json',
    undefined,
    { type: 'git', url: 'git+https://git.example/me/it.git' },
    'https://git.example/me/it/blob/main/docs/runbooks',
  ],
  [
    'the same as text',
    undefined,
    'https://git.example/me/it',
    'https://git.example/me/it/blob/main/docs/runbooks',
  ],
  ['a repository without an https address', undefined, 'git@git.example:me/it.git', PLACEHOLDER],
])('runbook base URL: %s', (_what, variable, repository, expected) => {
  expect(runbookBaseUrl(variable, repository)).toBe(expected)
})

it('rejects a runbook base URL that is not an address', () => {
  expect(() => runbookBaseUrl('wiki', undefined)).toThrow(
    'RUNBOOK_BASE_URL="wiki": expected an http(s) address',
  )
})
