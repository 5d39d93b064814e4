import type { PanelAnswer } from './measure-answers.ts'
import type { ManyOptions } from './measure-many.ts'

/** A page with what every panel gets at one refresh. */
export function renderAnswers(answers: readonly PanelAnswer[], options: ManyOptions): string {
  const books = options.books.toLocaleString('en')
  const uids = [...new Set(answers.map(({ uid }) => uid))]
  return [
    '# How much data does each panel load?',
    '',
    `Measured by \`npm run dashboards:measure -- --write\` with a real Prometheus that has ${books} books, a sample`,
    `every ${options.intervalSeconds} s, in an outage: half of the books have been stale for twenty minutes, each with an alert.`,
    'The time ranges are those of the dashboards; the market shows ten instruments. A row is one refresh of a panel with all its',
    'queries: the bytes before compression (at most 1 MB), and the CPU time of Prometheus.',
    ...uids.flatMap((uid) => [
      '',
      `## ${uid}`,
      '',
      '| panel | queries | series | kB | CPU ms |',
      '| --- | --- | --- | --- | --- |',
      ...answers
        .filter((one) => one.uid === uid)
        .map(
          ({ title, queries, series, bytes, cpuMs }) =>
            `| ${title} | ${queries} | ${series} | ${(bytes / 1000).toFixed(1)} | ${cpuMs.toFixed(0)} |`,
        ),
    ]),
    '',
  ].join('\n')
}
