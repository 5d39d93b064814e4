import process from 'node:process'
import { defineConfig } from 'vitest/config'
import { ClosingLineReporter } from './test/support/closing-line-reporter.ts'
import { StallReporter } from './test/support/stall-reporter.ts'

/**
 * They mostly wait: for brokers that die and return, for metadata that clients look up every 30 s, for permissions.
 * They compare no rates and no lags, so that two of them may share the cores.
 */
const TWO_AT_A_TIME = [
  'test/kafka/added-partitions-consumers.test.ts',
  'test/kafka/outage.test.ts',
  'test/kafka/refused-records.test.ts',
  'test/kafka/security/**/*.test.ts',
]
const ONE_AT_A_TIME = [
  'test/kafka/**/*.test.ts',
  'test/pipeline/**/*.test.ts',
  'test/storm/**/*.test.ts',
  'test/outage/**/*.test.ts',
  'test/cluster/**/*.test.ts',
  'test/stack/**/*.test.ts',
]
/** Programs and browsers of their own, which need no broker. */
const OUTSIDE = [
  'test/browser/**/*.test.ts',
  'test/package/**/*.test.ts',
  'test/simulator/clients/**/*.test.ts',
]
// The real exchange: never by accident, and never on CI.
const LIVE = process.env['RUN_LIVE_TESTS'] === '1' ? ['test/live/**/*.live.test.ts'] : []

export default defineConfig({
  test: {
    // Two cores, shared with a broker.
    maxWorkers: 2,
    reporters: ['default', new ClosingLineReporter(), new StallReporter()],
    coverage: { include: ['src/**'], reportsDirectory: 'coverage', reporter: ['text', 'html'] },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts', ...LIVE],
          exclude: [
            ...TWO_AT_A_TIME,
            ...ONE_AT_A_TIME,
            ...OUTSIDE,
            ...(LIVE.length === 0 ? ['test/live/**'] : []),
          ],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'waiting',
          include: TWO_AT_A_TIME,
          // After the others, which would disturb it.
          sequence: { groupOrder: 1 },
          globalSetup: './test/support/kafka-global-setup.ts',
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'kafka',
          include: ONE_AT_A_TIME,
          exclude: TWO_AT_A_TIME,
          // One broker for all of them, and measured times: one file at a time.
          fileParallelism: false,
          sequence: { groupOrder: 2 },
          globalSetup: './test/support/kafka-global-setup.ts',
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'outside',
          include: OUTSIDE,
          fileParallelism: false,
          sequence: { groupOrder: 3 },
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
