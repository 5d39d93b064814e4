import process from 'node:process'
import { beforeAll, describe, expect, it } from 'vitest'
import { freePort } from './free-port.ts'
import { startProcess, type RunningProcess } from './start-process.ts'

describe('what a test starts', () => {
  const startSleeper = () =>
    startProcess(process.execPath, ['--eval', 'setInterval(() => {}, 1000)'])
  let ofTheFile: RunningProcess
  let ofTheTest: RunningProcess

  beforeAll(() => {
    ofTheFile = startSleeper()
  })

  it('runs during the test', () => {
    ofTheTest = startSleeper()
    expect(ofTheTest.hasExited).toBe(false)
  })

  it('stops after the test, but keeps running if started by a hook of the file', () => {
    expect(ofTheTest.hasExited).toBe(true)
    expect(ofTheFile.hasExited).toBe(false)
  })

  it('finds ports that are free', async () => {
    expect(await freePort()).toBeGreaterThan(1023)
  })
})
