import process from 'node:process'
import { describe, expect, it } from 'vitest'
import { startProcess } from './start-process.ts'

function startNode(script: string, env: Record<string, string> = {}) {
  return startProcess(process.execPath, ['--eval', script], { env })
}

const OBEDIENT = `
  process.on('SIGTERM', () => { console.log('bye'); process.exit(3) })
  setInterval(() => {}, 1000)
  console.log('listening on 4711')
`

describe('a started process', () => {
  it('returns the groups of a later and of an earlier line', async () => {
    const running = startNode(OBEDIENT)
    expect((await running.waitForLine(/listening on (\d+)/))[1]).toBe('4711')
    expect((await running.waitForLine(/listening on (\d+)/))[1]).toBe('4711')
  })

  it('reports the exit code after the last line of output', async () => {
    const running = startNode(OBEDIENT)
    await running.waitForLine(/listening/)
    expect(await running.stop()).toEqual({ code: 3, signal: null })
    expect(running.stdout).toEqual(['listening on 4711', 'bye'])
    expect(await running.stop()).toEqual({ code: 3, signal: null })
  })

  it('is killed where it does not stop', async () => {
    const running = startNode(`
      process.on('SIGTERM', () => {})
      setInterval(() => {}, 1000)
      console.log('deaf')
    `)
    await running.waitForLine(/deaf/)
    expect(await running.stop({ timeoutMs: 50 })).toEqual({ code: null, signal: 'SIGKILL' })
  })

  it('rejects waitForLine with the output, once the process has exited', async () => {
    const running = startNode(`console.error('port in use'); process.exitCode = 1`)
    await expect(running.waitForLine(/listening/)).rejects.toThrow(/gone\nport in use$/)
    expect(await running.exited).toEqual({ code: 1, signal: null })
    await expect(running.waitForLine(/listening/)).rejects.toThrow(/gone\nport in use$/)
  })

  it('rejects waitForLine at its deadline', async () => {
    const running = startNode(OBEDIENT)
    await expect(running.waitForLine(/never/, { timeoutMs: 50 })).rejects.toThrow('within 50 ms')
  })

  it('receives the given settings and none of the test runner', async () => {
    const running = startNode('console.log(process.env.ROLE, process.env.NODE_ENV)', {
      ROLE: 'all',
    })
    await running.waitForLine(/^all undefined$/)
  })

  it('rejects where the program does not exist', async () => {
    const running = startProcess('no-such-program', [])
    await expect(running.exited).rejects.toThrow('ENOENT')
    await expect(running.waitForLine(/x/)).rejects.toThrow('gone')
    await expect(running.stop()).rejects.toThrow('ENOENT')
  })
})
