import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { startProcess } from '../support/start-process.ts'

const FROZEN_MS = 1500
const PROGRAM = 'test/observability/programs/blocked-loop.ts'

async function startWatched() {
  const program = startProcess(process.execPath, [PROGRAM])
  await program.waitForLine(/^watched$/)
  return program
}

describe('the watchdog', () => {
  it('ends the process with a fatal line and exit code 1 when the event loop is blocked', async () => {
    const program = await startWatched()
    program.kill('SIGUSR2')
    await program.waitForLine(/^blocking$/)
    const [line] = await program.waitForLine(/^.*"fatal".*event loop is blocked.*$/)
    expect(JSON.parse(line)).toMatchObject({ component: 'watchdog', silentMs: 1000 })
    expect(await program.exited).toEqual({ code: 1, signal: null })
  })

  it('counts a freeze of the whole process as one tick', async () => {
    const program = await startWatched()
    for (let freeze = 0; freeze < 3; freeze += 1) {
      program.kill('SIGSTOP')
      // The length of the freeze is what is tested: longer than the ten ticks that end the process.
      await sleep(FROZEN_MS)
      program.kill('SIGCONT')
      program.kill('SIGHUP')
      await program.waitForLine(new RegExp(`^tick ${freeze}$`))
    }
    expect(program.hasExited).toBe(false)
    expect(program.lines).toEqual(['watched', 'tick 0', 'tick 1', 'tick 2'])
  })
})
