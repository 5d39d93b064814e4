import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { MetricsRenderer } from '../../src/observability/metrics/renderer.ts'
import { startNodeMetrics } from '../../src/observability/metrics/runtime-metrics.ts'
import { fullRegistry } from './exposition.ts'

const hasPromtool = spawnSync('promtool', ['--version']).status === 0
// A missing tool fails on CI and skips the test elsewhere.
const itWithPromtool = it.skipIf(!hasPromtool && process.env.CI === undefined)

async function renderEverything(accept: string): Promise<string> {
  const renderer = new MetricsRenderer({
    registry: fullRegistry('a "b" \\ c\nd'),
    clock: { monotonicMs: () => performance.now() },
    writeNodeMetrics: startNodeMetrics(),
  })
  return (await renderer.render(accept)).body.toString()
}

describe('promtool', () => {
  itWithPromtool('accepts an exposition with every family', async () => {
    const input = await renderEverything('text/plain')
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
      input,
      encoding: 'utf8',
    })
    expect(`${stdout}${stderr}`).toBe('')
    expect(status).toBe(0)
  })

  itWithPromtool('loads the OpenMetrics exposition with every family', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'openmetrics-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    const exposition = await renderEverything('application/openmetrics-text')
    // promtool loads only samples with a timestamp; a scrape has none.
    const dated = exposition.replaceAll(/^(?!#)(.+?)( # .+)?$/gm, '$1 1790000000$2')
    expect(dated).toMatch(/ 1790000000 # \{trace_id="(ab){16}"\} 0\.3 1790000000\.123\n/)
    writeFileSync(join(directory, 'page.om'), dated)
    const blocks = join(directory, 'blocks')
    const { status, stderr } = spawnSync(
      'promtool',
      ['tsdb', 'create-blocks-from', 'openmetrics', join(directory, 'page.om'), blocks],
      { encoding: 'utf8' },
    )
    expect(stderr).not.toMatch(/error/i)
    expect(status).toBe(0)
    expect(readdirSync(blocks)).not.toEqual([])
  })
})
