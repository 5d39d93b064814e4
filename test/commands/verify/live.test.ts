import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { describe, expect, it } from 'vitest'
import type { VerifyReport } from '../../../src/commands/verify/report.ts'
import { runVerify } from '../../../src/commands/verify/verify.ts'
import { messageOf } from '../../../src/errors.ts'
import { startSimulator } from '../../pipeline/running-service.ts'
import { startProcess } from '../../support/start-process.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  startProcess(process.execPath, ['src/cli.ts', 'verify', ...args], { env })

describe('verify of the exchange', () => {
  it.each([
    ['without a fault', '', 0],
    ['with faults', 'gap=5,crossed', 1],
    ['that stops to answer', 'half-open', null],
  ])('%s says the same as of the recording that it keeps', async (_what, faults, code) => {
    const simulator = await startSimulator({ instruments: ['BTC-PERPETUAL'], ratePerSecond: 20 })
    simulator.faults.set(faults)
    const folder = temporaryFolder()
    const file = (name: string) => join(folder, name)
    const env = { DERIBIT_URL: simulator.url, INSTRUMENTS: 'BTC-PERPETUAL' }
    const live = run(
      ['--seconds', '3', '--record', file('market.jsonl.gz'), '--json', file('live')],
      env,
    )
    const { code: liveCode } = await live.exited
    if (code !== null) expect(liveCode).toBe(code)
    const recorded = run([file('market.jsonl.gz'), '--json', file('recorded')])
    expect((await recorded.exited).code).toBe(liveCode)
    const [ofLive, ofRecording] = ['live', 'recorded'].map(
      (name) => JSON.parse(readFileSync(file(name), 'utf8')) as VerifyReport,
    )
    expect(ofLive?.source).toBe('exchange')
    expect(ofLive?.summary.frames).toBeGreaterThan(5)
    expect({ ...ofRecording, source: 'exchange' }).toEqual(ofLive)
  })

  it.each([
    [['x.jsonl', '--record', 'y'], '--record is for the exchange, not for a recording'],
    [['--record', '-'], '--record needs a file'],
  ])('refuses %j', async (args, problem) => {
    const error = await runVerify(args, {}).catch((thrown: unknown) => thrown)
    expect(messageOf(error)).toBe(problem)
    expect(existsSync('y')).toBe(false)
  })
})
