import { cpus } from 'node:os'
import process from 'node:process'
import { parseArgs } from 'node:util'
import type { AnalyticsAnswer } from './analytics-subject.ts'
import { medianOf } from './median.ts'
import { startSubject } from './start-analytics-subject.ts'

/**
 * Measures the cost of the signals: processing (parsing, validation, book, numbers) with and without
 * them, in separate alternating processes; ten levels per side, ten snapshots per second and
 * instrument, a trade for each fifth of them, no readings. Memory after the warm-up.
 */
const { values } = parseArgs({
  options: {
    instruments: { type: 'string', default: '20' },
    blocks: { type: 'string', default: '15' },
    rounds: { type: 'string', default: '400' },
    'memory-instruments': { type: 'string', default: '20,80' },
  },
})
const say = (line: string) => process.stdout.write(`${line}\n`)
const WARM_UP_ROUNDS = 1500

say(`\n${cpus()[0]?.model ?? ''}, ${cpus().length} cores; Node ${process.version}`)
const instruments = Number(values.instruments)
const without = startSubject({ analytics: 'all', read: 'never', instruments })
const together = startSubject({ analytics: 'all', read: 'never', instruments, hasSignals: true })
await without.run(WARM_UP_ROUNDS)
await together.run(WARM_UP_ROUNDS)
const costs = { without: [] as number[], together: [] as number[] }
for (let block = 0; block < Number(values.blocks); block += 1) {
  const rounds = Number(values.rounds)
  costs.without.push((await without.run(rounds)).microsecondsPerSnapshot)
  costs.together.push((await together.run(rounds)).microsecondsPerSnapshot)
}
await Promise.all([without.stop(), together.stop()])
const ratios = costs.together.map((cost, index) => cost / (costs.without[index] ?? NaN))
const added = costs.together.map((cost, index) => cost - (costs.without[index] ?? NaN))
say('\n| without signals, us per update | with signals, us | added, us | ratio |')
say('| --- | --- | --- | --- |')
const cells = [costs.without, costs.together, added, ratios].map((all) => medianOf(all).toFixed(2))
say(`| ${cells.join(' | ')} |`)

say(
  '\n| instruments | heap and arrays without, MB | with, MB | each, kB | arrays of the signals, each, kB |',
)
say('| --- | --- | --- | --- | --- |')
for (const count of values['memory-instruments'].split(',').map(Number)) {
  const answers: AnalyticsAnswer[] = []
  for (const hasSignals of [false, true]) {
    const subject = startSubject({
      analytics: 'all',
      read: 'never',
      instruments: count,
      hasSignals,
    })
    answers.push(await subject.run(WARM_UP_ROUNDS))
    await subject.stop()
  }
  const [bare, full] = answers
  const bytes = (full?.heapBytes ?? NaN) - (bare?.heapBytes ?? NaN)
  const row = [
    count,
    ((bare?.heapBytes ?? NaN) / 1e6).toFixed(1),
    ((full?.heapBytes ?? NaN) / 1e6).toFixed(1),
    (bytes / count / 1000).toFixed(0),
    ((full?.signalBytes ?? NaN) / count / 1000).toFixed(0),
  ]
  say(`| ${row.join(' | ')} |`)
  if (bare?.signalBytes !== 0) throw new Error('signals are allocated although they are off')
}
