import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import process from 'node:process'
import { describe, expect, it } from 'vitest'
import { readVersion } from '../src/runtime.ts'
import { registerCleanUp } from './support/clean-up.ts'
import { startProcess } from './support/start-process.ts'

const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  startProcess(process.execPath, ['src/cli.ts', ...args], { env })

describe('the command line', () => {
  it('prints its version', async () => {
    const program = run(['--version'])
    expect(await program.exited).toEqual({ code: 0, signal: null })
    expect(program.stdout).toEqual([readVersion()])
  })

  it('prints every setting with --help', async () => {
    const program = run(['--help'])
    expect(await program.exited).toEqual({ code: 0, signal: null })
    const text = program.stdout.join('\n')
    expect(text).toMatch(/KAFKA_BROKERS +brokers; unset = in-process topic/)
    expect(text).toMatch(/default 9464; a whole number from 0 to 65535/)
  })

  it('checks the configuration without starting the service', async () => {
    const program = run(['--check-config'], { BOOK_DEPTH: '20', KAFKA_FOO_BAR: 'x' })
    expect(await program.exited).toEqual({ code: 0, signal: null })
    expect(program.stdout).toContain('BOOK_DEPTH=20')
    expect(program.stderr.join('\n')).toMatch(/^warning: KAFKA_FOO_BAR is unknown/)
  })

  it.each([
    [
      'all problems of the environment at once',
      [],
      { BOOK_DEPTH: '7', HTTP_PORT: 'x', KAFKA_BROKER: 'a:1' },
      [
        'BOOK_DEPTH="7" is invalid (expected one of 1, 10, 20)',
        'HTTP_PORT="x" is invalid (expected a whole number from 0 to 65535)',
        'KAFKA_BROKER is unknown; did you mean KAFKA_BROKERS?',
      ],
    ],
    [
      'an unknown setting with --strict',
      ['--check-config', '--strict'],
      { KAFKA_FOO_BAR: 'x' },
      ['KAFKA_FOO_BAR is unknown and has no effect (nearest setting: KAFKA_BROKERS)'],
    ],
    [
      'an unknown argument',
      ['serve'],
      {},
      [
        'unknown argument "serve" (expected demo, simulator, record, verify, export, signals, --help, -h, --version, --check-config, --strict)',
      ],
    ],
  ])('exits with 2 and reports %s', async (_what, args, env, lines) => {
    const program = run(args, env)
    expect(await program.exited).toEqual({ code: 2, signal: null })
    expect(program.stderr).toEqual(lines)
    expect(program.stdout).toEqual([])
  })

  it('exits with 1 and reports that the port is in use', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    registerCleanUp(() => server.close())
    const { port } = server.address() as AddressInfo
    const program = run([], {
      HTTP_PORT: String(port),
      DERIBIT_URL: 'ws://127.0.0.1:1/ws/api/v2',
      LOG_LEVEL: 'silent',
    })
    expect(await program.exited).toEqual({ code: 1, signal: null })
    expect(program.stderr).toEqual([
      `127.0.0.1:${port} is already in use; set HTTP_PORT (0 picks a free port)`,
    ])
  })

  it('treats two signals in quick succession as one and exits cleanly', async () => {
    const program = run([], { HTTP_PORT: '0', DERIBIT_URL: 'ws://127.0.0.1:1/ws/api/v2' })
    await program.waitForLine(/"msg":"started"/)
    program.kill('SIGINT')
    program.kill('SIGINT')
    expect(await program.exited).toEqual({ code: 0, signal: null })
  })
})
