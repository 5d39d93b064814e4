import { cpus } from 'node:os'
import process from 'node:process'
import { parseArgs } from 'node:util'
import type { AnalyticsAnswer } from './analytics-subject.ts'
import { medianOf } from './median.ts'
import { startSubject } from './start-analytics-subject.ts'

/**
 * Measures the cost of the signals: two services in one process, with and without them, process the
 * same frames in turns (parsing, validation, book, numbers); ten levels per side, ten snapshots per
 * second and instrument, a trade for each fifth of them, no readings. The difference of each pair
 * shows the cost even on a busy machine. Then the memory, after `--memory-rounds` (36,000: an hour).
 */
const { values } = parseArgs({
  options: {
    instruments: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '15000' },
    'memory-instruments': { type: 'string', default: '20,80' },
    'memory-rounds': { type: 'string', default: '1500' },
  },
})
const say = (line: string) => process.stdout.write(`${line}\n`)
const WARM_UP_ROUNDS = 1500

say(`\n${cpus()[0]?.model ?? ''}, ${cpus().length} cores; Node ${process.version}`)
const instruments = Number(values.instruments)
const subject = startSubject({ analytics: 'all', read: 'never', instruments, signals: 'both' })
await subject.run(WARM_UP_ROUNDS)
const { costs } = await subject.run(Number(values.rounds))
await subject.stop()
const [without = [], together = []] = costs
const added = together.map((cost, index) => cost - (without[index] ?? NaN))
const quartileOf = (all: readonly number[], share: number) =>
  all.toSorted((a, b) => a - b)[Math.floor(all.length * share)] ?? NaN
say(
  '\n| without signals, us per update | with signals, us | added, us | quartiles of added | pairs |',
)
say('| --- | --- | --- | --- | --- |')
const medians = [without, together, added].map((all) => medianOf(all).toFixed(2))
const quartiles = [0.25, 0.75].map((share) => quartileOf(added, share).toFixed(2)).join(' to ')
say(`| ${medians.join(' | ')} | ${quartiles} | ${added.length} |`)

say(
  '\n| instruments | heap and arrays without, MB | with, MB | each, kB | arrays of the signals, each, kB |',
)
say('| --- | --- | --- | --- | --- |')
for (const count of values['memory-instruments'].split(',').map(Number)) {
  const answers: AnalyticsAnswer[] = []
  for (const signals of ['off', 'on'] as const) {
    const subject = startSubject({
      analytics: 'all',
      read: 'never',
      instruments: count,
      signals,
    })
    answers.push(await subject.run(Number(values['memory-rounds'])))
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
