import { expect, it } from 'vitest'
import { ingestFixture } from '../../ingest/ingest-fixture.ts'
import { BTC, groupedSnapshot } from '../../support/frames.ts'
import { processFixture, STALE_AFTER_MS } from '../process-fixture.ts'

const STEP_MS = 100
const TEN_MINUTES_MS = 600_000

/** Ingest and processing, connected by records alone, on clocks that are moved together. */
function ingestAndProcess() {
  const one = ingestFixture()
  const two = processFixture()
  const pass = () => {
    for (const { key, value, headers } of one.sent()) {
      two.send(value, { key, ...(headers === undefined ? {} : { headers }) })
    }
  }
  one.checkpoints.start()
  return {
    one,
    two,
    pass,
    step: () => {
      one.clock.advance(STEP_MS)
      two.clock.advance(STEP_MS)
      pass()
    },
  }
}

it('a book without a change for ten minutes stays live; with a dead feed it is stale at once', () => {
  const { one, two, pass, step } = ingestAndProcess()
  one.receive(groupedSnapshot())
  pass()
  let checks = 0
  for (let passedMs = 0; passedMs < TEN_MINUTES_MS; passedMs += STEP_MS) {
    step()
    expect(two.state()).toBe('live')
    const verifiedMs = two.store.instrument(BTC)?.verifiedTimeMs ?? 0
    expect(two.clock.nowMs() - verifiedMs).toBeLessThanOrEqual(STALE_AFTER_MS / 2)
    checks += 1
  }
  expect(checks).toBe(6000)
  expect(two.store.instrument(BTC)?.updatesTotal).toBe(1)

  one.feed.isAlive = false
  let goneAfterMs = 0
  while (two.state() === 'live') {
    step()
    goneAfterMs += STEP_MS
  }
  expect(two.state()).toBe('stale:unverified')
  expect(goneAfterMs).toBeLessThanOrEqual(STALE_AFTER_MS + STEP_MS)
})
