import type { PanelAnswer } from './measure-answers.ts'
import type { ManyOptions } from './measure-many.ts'

/** A page with what every panel gets at one refresh. */
export function renderAnswers(answers: readonly PanelAnswer[], options: ManyOptions): string {
  const books = options.books.toLocaleString('en')
  const uids = [...new Set(answers.map(({ uid }) => uid))]
  return [
    '# Answers that the panels get',
    '',
    `Measured by \`npm run dashboards:measure -- --write\` with a real Prometheus that has ${books} books, a sample`,
    `every ${options.intervalSeconds} s, in an outage: a half of the books has been stale for twenty minutes, each with an alert.`,
    'The ranges are those of the dashboards, the market with ten instruments. Bytes are those of all queries of a panel',
    'at one refresh, before compression; at most 1 MB each. The last column is the CPU time of Prometheus for all of them.',
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
