import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseDashboard, readDashboards } from '../../../tools/ops/dashboards/dashboard-model.ts'
import { manyBooks } from '../../../tools/ops/dashboards/sizes/many-books.ts'
import { MAX_BYTES } from '../../../tools/ops/dashboards/sizes/measure-answers.ts'
import { measureMany } from '../../../tools/ops/dashboards/sizes/measure-many.ts'
import { needs } from '../../support/needs.ts'

const dashboards = readDashboards()
/** A line for each of so many books is more than a panel may get. */
const BOOKS = 150
/** Within the time for which Prometheus holds a sample, so that no point is missing. */
const INTERVAL_SECONDS = 240

const unbounded = parseDashboard({
  uid: 'unbounded',
  time: { from: 'now-1h' },
  panels: [
    {
      title: 'A line for each book',
      interval: '5s',
      targets: [{ refId: 'A', expr: 'orderbook_last_verified_timestamp_seconds{job=~"$job"}' }],
    },
  ],
  annotations: { list: [{ name: 'A mark for each book', expr: 'orderbook_up', step: '5s' }] },
})

describe('the answers that panels get', () => {
  it(
    'are below 1 MB in an outage of many books, also those of closed rows and marks',
    { ...needs('prometheus'), timeout: 120_000 },
    async () => {
      const { answers, problems } = await measureMany([...dashboards, unbounded], {
        books: BOOKS,
        intervalSeconds: INTERVAL_SECONDS,
      })
      expect(problems).toEqual([
        expect.stringMatching(/^unbounded, A line for each book: \d+ bytes, more than 1000000$/),
        expect.stringMatching(/^unbounded, marks: A mark for each book: \d+ bytes/),
      ])
      // Each panel was asked with the data that it draws.
      const empty = answers.filter(({ series }) => series === 0).map(({ title }) => title)
      expect(new Set(empty)).toEqual(new Set(['marks: Versions']))
    },
  )

  it('are listed in the docs, panel by panel, for 3,000 books', () => {
    const page = readFileSync('docs/dashboards/answers.md', 'utf8')
    expect(page).toContain('3,000 books')
    const rows = [...page.matchAll(/^\| (.+?) +\| +\d+ +\| +\d+ +\| +([\d.]+) +\|/gm)]
    const listed = rows.map(([, title = '']) => title.replaceAll('\\', ''))
    const titles = dashboards.flatMap(({ panels }) => panels.map(({ title }) => title))
    expect(titles.filter((title) => !listed.includes(title))).toEqual([])
    for (const [, title, kilobytes] of rows) {
      expect(Number(kilobytes) * 1000, title).toBeLessThanOrEqual(MAX_BYTES)
    }
  })
})

describe('the series of many books', () => {
  it('have every metric of a book at core detail, and few series per book', () => {
    const course = { startSeconds: 0, failsAfterSeconds: 60 }
    const seriesAt = (count: number) => manyBooks(count, course, []).series.length
    // Eleven values of a live book; a failing one has its own state, two of its alert; producers two each.
    expect((seriesAt(150) - seriesAt(50)) / 100).toBeLessThan(25)
    const { instruments } = manyBooks(300, course, [])
    expect(new Set(instruments).size).toBe(300)
  })
})
