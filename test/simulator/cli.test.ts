import { describe, expect, it } from 'vitest'
import { AppError } from '../../src/errors.ts'
import { parseSimulatorArgs, SIMULATOR_USAGE } from '../../src/simulator/cli.ts'
import { createSimulator } from '../../src/simulator/simulator.ts'

function problemsOf(call: () => unknown): unknown {
  try {
    call()
  } catch (error) {
    if (error instanceof AppError) return [error.code, error.context['problems']]
    throw error
  }
  return 'no problem'
}

describe('the command line', () => {
  it('is parsed into options', () => {
    const args =
      '--host 0.0.0.0 --port 0 --instruments A-PERPETUAL,B-PERPETUAL --rate 0.5 --control-port 1 --id mine --scenario gap --seed 3 --frame-bytes 725 --history-ms 0'
    expect(parseSimulatorArgs(args.split(' ')).options).toEqual({
      host: '0.0.0.0',
      port: 0,
      controlPort: 1,
      id: 'mine',
      instruments: ['A-PERPETUAL', 'B-PERPETUAL'],
      ratePerSecond: 0.5,
      scenario: 'gap',
      seed: 3,
      frameBytes: 725,
      historyMs: 0,
      isRawOpen: false,
      isTestnet: false,
    })
    expect(parseSimulatorArgs(['--instruments', '3000']).options.instruments).toBe(3_000)
  })

  it('accepts a recording with its options', () => {
    const args = '--replay x.jsonl --replay-loop --replay-original-time --replay-speed 0'
    expect(parseSimulatorArgs(args.split(' ')).options.replay).toEqual({
      file: 'x.jsonl',
      speed: 0,
      isLooped: true,
      keepsTime: true,
    })
  })

  it('names every invalid option, its value and the expected value', () => {
    const args = '--host ws://me --port 70000 --rate fast --instruments 0 --replay-loop'
    expect(problemsOf(() => parseSimulatorArgs(args.split(' ')))).toEqual([
      'ERR_USAGE',
      [
        '--port=70000: expected a whole number from 0 to 65535',
        '--rate=fast: expected a number from 0 to 1000000',
        '--host=ws://me: expected a host name or an IP address',
        '--instruments=0: expected a count from 1 to 10000 or names',
        '--replay-loop: requires --replay',
      ],
    ])
  })

  it('names an unknown option and the known ones', () => {
    expect(problemsOf(() => parseSimulatorArgs(['--bogus']))).toEqual([
      'ERR_USAGE',
      [expect.stringMatching(/'--bogus'.*--port, --tls-cert/)],
    ])
  })

  it('has every option in its help', () => {
    const options = [...SIMULATOR_USAGE.matchAll(/^ {2}--([a-z-]+)/gm)].map(([, name]) => name)
    expect(options).toHaveLength(20)
    expect(parseSimulatorArgs(['--help']).isHelp).toBe(true)
  })

  it("rejects an instrument name that does not follow the exchange's naming", () => {
    const names = ['BTC-PERPETUAL', 'bitcoin']
    expect(problemsOf(() => createSimulator({ instruments: names }))).toEqual([
      'ERR_USAGE',
      [expect.stringMatching(/^--instruments=bitcoin: expected names such as/)],
    ])
  })
})
