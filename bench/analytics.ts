import { cpus } from 'node:os'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { medianOf } from './median.ts'
import { startSubject } from './start-analytics-subject.ts'

/**
 * Measures the cost of numbers beyond mid-price and imbalance: processing (parsing, validation, book, numbers) with
 * all of them and without, in separate alternating processes; ten levels per side, ten snapshots
 * per second and instrument, a trade for each fifth of them.
 */
const { values } = parseArgs({
  options: {
    instruments: { type: 'string', default: '200' },
    blocks: { type: 'string', default: '15' },
    rounds: { type: 'string', default: '100' },
    'memory-instruments': { type: 'string', default: '3000' },
  },
})
const say = (line: string) => process.stdout.write(`${line}\n`)
/** Longer than a minute, so that the longest window is full. */
const FULL_WINDOW_ROUNDS = 700

say(`\n${cpus()[0]?.model ?? ''}, ${cpus().length} cores; Node ${process.version}`)
say('\n| read | mid and imbalance alone, us | all, us | added, us | ratio |')
say('| --- | --- | --- | --- | --- |')
for (const read of ['second', 'grouped'] as const) {
  const instruments = Number(values.instruments)
  const none = startSubject({ analytics: 'none', read, instruments })
  const all = startSubject({ analytics: 'all', read, instruments })
  const costs = { none: [] as number[], all: [] as number[] }
  // Warm-up for the compiler; fills the windows.
  await none.run(FULL_WINDOW_ROUNDS)
  await all.run(FULL_WINDOW_ROUNDS)
  for (let block = 0; block < Number(values.blocks); block += 1) {
    const rounds = Number(values.rounds)
    costs.none.push((await none.run(rounds)).microsecondsPerSnapshot)
    costs.all.push((await all.run(rounds)).microsecondsPerSnapshot)
  }
  await Promise.all([none.stop(), all.stop()])
  const ratios = costs.all.map((cost, index) => cost / (costs.none[index] ?? NaN))
  const [alone, together] = [medianOf(costs.none), medianOf(costs.all)]
  const cells = [alone, together, together - alone, medianOf(ratios)].map((series) =>
    series.toFixed(2),
  )
  say(`| ${read === 'second' ? 'once a second' : 'at every snapshot'} | ${cells.join(' | ')} |`)
}

const instruments = Number(values['memory-instruments'])
const bytes: number[] = []
for (const analytics of ['none', 'all'] as const) {
  const subject = startSubject({ analytics, read: 'second', instruments })
  bytes.push((await subject.run(FULL_WINDOW_ROUNDS)).heapBytes)
  await subject.stop()
}
const [without = NaN, withAll = NaN] = bytes
say(
  `\nmemory at ${instruments} instruments with full windows: ${((withAll - without) / instruments / 1000).toFixed(1)} kB more for each (${(withAll / 1e6).toFixed(0)} MB against ${(without / 1e6).toFixed(0)} MB of heap and arrays)`,
)
