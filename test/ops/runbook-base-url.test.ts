import { expect, it } from 'vitest'
import { PLACEHOLDER, runbookBaseUrl } from '../../prometheus/src/runbook-base-url.ts'

it.each([
  ['nobody knows where', undefined, undefined, PLACEHOLDER],
  ['an empty variable is none', '', undefined, PLACEHOLDER],
  [
    'a variable wins',
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
  ['a repository that no browser opens', undefined, 'git@git.example:me/it.git', PLACEHOLDER],
])('runbooks are found: %s', (_what, variable, repository, expected) => {
  expect(runbookBaseUrl(variable, repository)).toBe(expected)
})

it('runbooks are not looked for at what is no address', () => {
  expect(() => runbookBaseUrl('wiki', undefined)).toThrow(
    'RUNBOOK_BASE_URL="wiki": allowed is an http(s) address',
  )
})
