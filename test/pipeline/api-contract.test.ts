import process from 'node:process'
import { expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { needs, skipBecause } from '../support/needs.ts'
import { pythonPackages } from '../support/python-packages.ts'
import { startProcess } from '../support/start-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { startProgram } from './running-program.ts'
import { startSimulator } from './running-service.ts'

const SCHEMATHESIS = 'schemathesis==4.32.5'
/** `npm run test:api` runs the long form, with more than two thousand requests. */
const IS_LONG = process.env['RUN_API_TESTS'] === '1'
/** Requests per route. */
const MAX_EXAMPLES = IS_LONG ? 1000 : 20
/** More than the limit of a stream without names, so that no request opens an endless stream. */
const INSTRUMENTS = 60

it(
  'the running service conforms to its OpenAPI document',
  { ...needs('python'), timeout: 1_800_000 },
  async (context) => {
    const packages = await pythonPackages(SCHEMATHESIS).catch((error: unknown) => {
      // Throws on CI, where nothing may be skipped.
      const reason = `${SCHEMATHESIS} cannot be installed: ${String(error)}`
      skipBecause(reason)
      return context.skip(reason)
    })
    const simulator = await startSimulator({ instruments: INSTRUMENTS, ratePerSecond: 600 })
    const service = await startProgram({
      DERIBIT_URL: simulator.url,
      INSTRUMENTS: simulator.instruments.join(','),
    })
    await eventually(async () => (await service.liveCount()) === INSTRUMENTS)
    // Its state is removed with the test.
    const cwd = temporaryFolder()
    const ask = async (...words: string[]): Promise<number> => {
      const run = startProcess(
        'python3',
        [
          '-c',
          'from schemathesis.cli import schemathesis; schemathesis()',
          ...['run', `${service.url}/openapi.json`, '--checks', 'all', '--seed', '7', ...words],
          ...['--max-examples', String(MAX_EXAMPLES), '--continue-on-failure'],
          ...['--suppress-health-check', 'all', '--request-timeout', '20'],
          ...(IS_LONG ? [] : ['--phases', 'examples,coverage,fuzzing']),
        ],
        { env: { PYTHONPATH: packages }, cwd },
      )
      const { code } = await run.exited
      const report = run.lines.join('\n')
      if (IS_LONG) process.stdout.write(`${report}\n`)
      expect(code, report).toBe(0)
      return Number(/(\d+) generated/.exec(report)?.[1] ?? 0)
    }
    // A stream requires names while many books are live, so valid requests may be refused.
    const cases =
      (await ask('--exclude-operation-id', 'streamBooks')) +
      (await ask(
        ...[
          '--include-operation-id',
          'streamBooks',
          '--exclude-checks',
          'positive_data_acceptance',
        ],
      ))
    expect(cases).toBeGreaterThan(IS_LONG ? 2000 : 100)
    // Its requests are expected input: they cause no error log.
    expect(
      service.program.lines.filter((line) => /"level":"(warn|error|fatal)"/.test(line)),
    ).toEqual([])
    expect(await service.liveCount()).toBe(INSTRUMENTS)
  },
)
