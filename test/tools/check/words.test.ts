import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PHRASES, RETIRED } from '../../../tools/check/retired-words.ts'
import { findAll, findIdentifiers, findInPath, findPhrases } from '../../../tools/check/words.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

/** A retired word put into each kind of place of a repository, by file. */
const PLACES: Readonly<Record<string, string>> = {
  'src/identifier.ts': 'export const lastVerdict = 1',
  'src/verdict.ts': 'export const result = 1',
  'src/comment.ts': '// The verdict of a frame.',
  'src/docstring.ts': '/**\n * Channels that are left\n * out of the limit.\n */',
  'src/log.ts': "logger.warn({ topic }, 'the verdict is late')",
  'src/log-field.ts': 'logger.warn({ verdict }, message)',
  'src/error.ts': "throw new Error('the frame was left ' +\n  'out')",
  'src/observability/catalogue/help.ts': "help: 'Frames by verdict.',",
  'src/observability/catalogue/metric.ts': "name: 'orderbook_verdicts_total',",
  'src/label-value.ts': "reason: 'chain_cut',",
  'src/http/routes/api-text.ts': "summary: 'The verdict of each frame',",
  'prometheus/src/groups/alert-summary.ts': "summary: 'Instruments are left out',",
  'prometheus/rules/books.yml': "summary: 'Instruments are left out'",
  'docs/runbooks/OrderBookStale.md': '- Read the verdict of the frames.',
  'grafana/src/dashboard-title.ts': "title: 'Verdicts',",
  'grafana/dashboards/orderbook-market.json': '{ "title": "Verdicts of frames" }',
  'web/view/page-text.ts': "setText(element, 'no verdict')",
  'web/index.html': '<p>No verdict yet</p>',
  'web/css/page.css': '.verdict-list { display: none; }',
  'docs/api.md': '## What is a verdict?',
  'docs/openapi.json': '{ "summary": "The verdict of each frame" }',
  'README.md': 'Frames that are left\nout are counted.',
  'test/book.test.ts': "it('gives a verdict', () => {})",
  'tools/kafka/write.py': 'print("verdict")',
  'deploy/helm/values.yaml': '# The verdict of a frame.',
  '.ci/run': 'echo "the verdict"',
}

/** One use of a phrase: the first of its alternatives. */
function exampleOf(phrase: string): string {
  return phrase
    .replaceAll(/\(\?[=!][^)]*\)/g, '')
    .replaceAll(/\([^()]*\)\?/g, '')
    .replaceAll(/\(([^()|]*)[^()]*\)/g, '$1')
    .replace(/\|.*/, '')
    .replaceAll(/.\?/g, '')
    .replace('[12]', '1')
}

describe('the word check', () => {
  it.each([
    ['const lastPicture = 1', 'lastPicture'],
    ['function judgeChange() {}', 'judgeChange'],
    ['const LEFT_OUT = 1', 'LEFT_OUT'],
    ['class ProducerLane {}', 'ProducerLane'],
    ['this.#tally.add()', '#tally'],
  ])('finds a retired word in an identifier: %s', (code, found) => {
    expect(findIdentifiers('src/a.ts', code)).toMatchObject([{ file: 'src/a.ts', line: 1, found }])
  })

  it.each([
    '// a picture in a comment',
    "const text = 'verdict'",
    'const planet = 1',
    'const snapshot = lastSnapshot',
  ])('finds no identifier in: %s', (code) => {
    expect(findIdentifiers('src/a.ts', code)).toEqual([])
  })

  it('allows a word where it has its ordinary sense', () => {
    const code = 'const cells = []'
    expect(findIdentifiers('src/analytics/ring.ts', code)).toEqual([])
    expect(findIdentifiers('src/topic/metrics.ts', code)).toHaveLength(1)
  })

  it.each([
    ['Instruments that are left out.', 'left out'],
    ['The picture is a whole book.', 'picture'],
    ['It begins anew.', 'anew'],
    ['Runs in stage 1.', 'stage 1'],
  ])('finds a retired phrase: %s', (text, found) => {
    expect(findPhrases('docs/a.md', `first line\n${text}`)).toMatchObject([{ line: 2, found }])
  })

  it('reads a phrase as whole words', () => {
    expect(findPhrases('docs/a.md', 'A planet, a laneway and a pictured tree.')).toEqual([])
  })

  it('finds a retired word in the name of a file', () => {
    const file = 'src/topic/producer-lane.ts'
    expect(findInPath(file)).toMatchObject([{ found: file }])
    expect(findInPath('src/topic/producerLane.ts')).toHaveLength(1)
    expect(findInPath('src/topic/producer/partition-sender.ts')).toEqual([])
  })

  it('finds it in every kind of place of a repository', () => {
    const root = temporaryFolder()
    execFileSync('git', ['init', '--quiet'], { cwd: root })
    for (const [file, text] of Object.entries(PLACES)) {
      mkdirSync(dirname(join(root, file)), { recursive: true })
      writeFileSync(join(root, file), `first line\n${text}\n`)
    }
    const found = new Set(findAll(root).map(({ file }) => file))
    expect([...found].sort()).toEqual(Object.keys(PLACES).sort())
  })

  it.each(Object.keys(RETIRED))('finds %s in an identifier', (word) => {
    const name = word.replaceAll(/ (.)/g, (_, letter: string) => letter.toUpperCase())
    const found = `${name}Of`
    expect(findIdentifiers('src/a.ts', `const ${found} = 1`)).toMatchObject([{ found }])
  })

  it.each(Object.keys(PHRASES).map((phrase) => [exampleOf(phrase), phrase]))(
    'finds "%s" in a text (%s)',
    (example) => {
      expect(findPhrases('docs/a.md', `A text with ${example} in it.`)).not.toEqual([])
    },
  )
})
