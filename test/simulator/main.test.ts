import process from 'node:process'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { once } from 'node:events'
import { registerCleanUp } from '../support/clean-up.ts'
import { startProcess } from '../support/start-process.ts'

const MAIN = 'src/simulator/cli.ts'

describe('the simulator command', () => {
  it('prints its addresses, serves, and exits with 0 on SIGINT', async () => {
    const program = startProcess(process.execPath, [MAIN, '--port', '0', '--control-port', '0'])
    const [, url = ''] = await program.waitForLine(/^(ws:\S+) \(16 instruments\)$/)
    const [, control = ''] = await program.waitForLine(/^control: (http:\S+)$/)
    const ws = new WebSocket(url)
    registerCleanUp(() => ws.terminate())
    await once(ws, 'open')
    expect(await (await fetch(`${control}/status`)).json()).toMatchObject({ connections: 1 })
    program.kill('SIGINT')
    expect(await program.exited).toEqual({ code: 0, signal: null })
  })

  it('prints its options with --help', async () => {
    const program = startProcess(process.execPath, [MAIN, '--help'])
    expect(await program.exited).toEqual({ code: 0, signal: null })
    expect(program.stdout.join('\n')).toContain('--replay-original-time')
  })

  it.each([
    [['--rate', 'x', '--seed=-1'], 2, /^--rate=x: expected .*\n--seed=-1: expected/],
    [['--tls-key', 'x'], 2, /^--tls-cert and --tls-key: set both or neither/],
    [
      ['--tls-key', '/no/key', '--tls-cert', '/no/cert'],
      2,
      /^--tls-cert=\/no\/cert: cannot be read/,
    ],
    [
      ['--tls-key', 'package.json', '--tls-cert', 'package.json'],
      2,
      /^--tls-cert=package.json --tls-key=package.json: expected a certificate and its key/,
    ],
    [['--id', 'a/b'], 2, /^--id=a\/b: expected 1 to 64 letters/],
    [['--instruments', 'bitcoin'], 2, /^--instruments=bitcoin: expected/],
    [['--scenario', 'no-such'], 2, /^scenario no-such: expected gap, /],
    [['--signal-strength', '1.5'], 2, /^--signal-strength=1.5: expected /],
    [
      ['--signal-strength', '0.7', '--replay', 'x'],
      2,
      /^--signal-strength: cannot be used with --replay/,
    ],
    [['--replay', '/no/such'], 2, /^--replay=\/no\/such: cannot be read/],
  ])('with %j exits with %d and names the expected value', async (args, code, text) => {
    const program = startProcess(process.execPath, [MAIN, '--port', '0', ...args])
    expect(await program.exited).toEqual({ code, signal: null })
    expect(program.stderr.join('\n')).toMatch(text)
    expect(program.stdout).toEqual([])
  })
})
