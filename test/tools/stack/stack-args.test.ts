import { describe, expect, it } from 'vitest'
import { readStackArgs, STACK_USAGE, StackUsageError } from '../../../tools/stack/stack-args.ts'
import { DEFAULT_PORTS } from '../../../tools/stack/stack-options.ts'

function problemsOf(args: readonly string[]): readonly string[] {
  try {
    readStackArgs(args)
  } catch (error) {
    if (error instanceof StackUsageError) return error.problems
    throw error
  }
  return []
}

describe('the options of npm run stack', () => {
  it('default to the documented ports', () => {
    expect(readStackArgs([])).toEqual({
      isHelp: false,
      folder: null,
      ports: DEFAULT_PORTS,
      simulator: {},
    })
    expect(DEFAULT_PORTS).toMatchObject({ producer: 9465, consumers: [9464, 9466] })
  })

  it('assign consecutive ports to further consumers', () => {
    expect(readStackArgs(['--consumers', '4']).ports.consumers).toEqual([9464, 9466, 9467, 9468])
    expect(readStackArgs(['--consumers', '1']).ports.consumers).toEqual([9464])
    expect(readStackArgs(['--consumer-ports', '7001,0,7003']).ports.consumers).toEqual([
      7001, 0, 7003,
    ])
  })

  it('pick a free port for each port that is not given', () => {
    const { ports } = readStackArgs(['--free-ports', '--consumers', '3', '--kafka-port', '9999'])
    expect(ports).toEqual({
      kafka: 9999,
      simulator: 0,
      control: 0,
      producer: 0,
      consumers: [0, 0, 0],
      prometheus: 0,
      alertmanager: 0,
    })
  })

  it('pass options of the simulator to it unchanged', () => {
    const args = ['--instruments', 'BTC-PERPETUAL', '--rate', '5', '--scenario', 'gap=3']
    expect(readStackArgs(args).simulator).toEqual({
      instruments: 'BTC-PERPETUAL',
      rate: '5',
      scenario: 'gap=3',
    })
  })

  it.each([
    [
      ['--producer-port', '70000'],
      ['--producer-port=70000: expected a whole number from 0 to 65535'],
    ],
    [['--kafka-port', '1e3'], ['--kafka-port=1e3: expected a whole number from 0 to 65535']],
    [['--consumers', '0'], ['--consumers=0: expected a whole number from 1 to 64']],
    [
      ['--consumers', '3', '--consumer-ports', '1,2'],
      ['--consumer-ports=1,2: expected one for each of 3 consumers'],
    ],
    [['--producer-port', '9466'], ['--consumer-ports=9466: already used by --producer-port']],
    [
      ['--prometheus-port', 'x', '--consumer-ports', '5,5'],
      [
        '--prometheus-port=x: expected a whole number from 0 to 65535',
        '--consumer-ports=5: already used by --consumer-ports',
      ],
    ],
  ])('report every problem of %j', (args, problems) => {
    expect(problemsOf(args)).toEqual(problems)
  })

  it('report unknown options in one line', () => {
    const [problem, ...rest] = problemsOf(['--consumer', '2'])
    expect(problem).toMatch(/^Unknown option '--consumer'/)
    expect(rest).toEqual([])
  })

  it('are all listed in the help', () => {
    for (const name of ['consumers', 'instruments', 'rate', 'scenario', 'free-ports', 'folder']) {
      expect(STACK_USAGE).toContain(`--${name} `)
    }
  })
})
