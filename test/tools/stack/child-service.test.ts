import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { describe, expect, it } from 'vitest'
import {
  ChildService,
  type ChildServiceOptions,
  type Death,
} from '../../../tools/stack/child-service.ts'
import { answers } from '../../../tools/stack/probes.ts'
import { registerCleanUp } from '../../support/clean-up.ts'
import { eventually } from '../../support/eventually.ts'
import { freePort } from '../../support/free-port.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const LISTEN = `require('node:http').createServer((_, response) => response.end('here'))
  .listen(Number(process.env.PORT), '127.0.0.1', () => console.log('listening'))`

/** A one-line JavaScript program as a service. */
async function service(script: string, options: Partial<ChildServiceOptions> = {}) {
  const folder = temporaryFolder()
  const file = join(folder, 'program.cjs')
  writeFileSync(file, script)
  const port = await freePort()
  const deaths: Death[] = []
  const child = new ChildService(
    {
      name: 'thing',
      url: `http://127.0.0.1:${port}`,
      command: () => ({ program: process.execPath, args: [file], env: { PORT: String(port) } }),
      logFile: join(folder, 'thing.log'),
      probe: answers('/'),
      startMs: 20_000,
      stopMs: 10_000,
      ...options,
    },
    (death) => deaths.push(death),
  )
  registerCleanUp(() => child.stop())
  return { child, deaths }
}

describe('a service of the stack', () => {
  it('is started when it answers, and restarts at the same address', async () => {
    const { child, deaths } = await service(LISTEN)
    await child.start()
    const { pid } = child
    expect(await (await fetch(child.url)).text()).toBe('here')
    expect(child.lastOutput()).toBe('listening')
    await child.restart()
    expect(child.pid).not.toBe(pid)
    expect(await (await fetch(child.url)).text()).toBe('here')
    // The log is appended to.
    expect(child.lastOutput()).toBe('listening\nlistening')
    expect(await child.stop()).toEqual({ code: null, signal: 'SIGTERM' })
    expect(child.isRunning).toBe(false)
    expect(deaths).toEqual([])
  })

  it('that exits during its start is reported with its output', async () => {
    const { child, deaths } = await service(`console.error('no good'); process.exitCode = 3`)
    await expect(child.start()).rejects.toThrow('thing ended with exit code 3:\nno good')
    expect(deaths).toEqual([
      { name: 'thing', exit: { code: 3, signal: null }, lastOutput: 'no good' },
    ])
  })

  it('that is never ready is stopped, and its problem is reported', async () => {
    const probe = () => Promise.resolve('it has no hat')
    const { child } = await service(LISTEN, { startMs: 300, probe })
    await expect(child.start()).rejects.toThrow(/not ready within 0\.3 s \(it has no hat\)/)
    expect(child.isRunning).toBe(false)
  })

  it('that does not exist is reported', async () => {
    const { child } = await service('', {
      command: () => ({ program: '/nowhere/program', args: [], env: {} }),
    })
    await expect(child.start()).rejects.toThrow('thing could not be started')
  })

  it('is reported once when it exits unexpectedly, and not after a stop', async () => {
    const { child, deaths } = await service(LISTEN)
    await child.start()
    process.kill(child.pid, 'SIGKILL')
    await eventually(() => deaths.length === 1)
    expect(deaths[0]).toMatchObject({ exit: { code: null, signal: 'SIGKILL' } })
    await child.start()
    child.kill('SIGKILL')
    expect(await child.exited).toEqual({ code: null, signal: 'SIGKILL' })
    expect(deaths).toHaveLength(1)
  })

  it('that hangs is stopped, and one that ignores SIGTERM is killed', async () => {
    const { child } = await service(LISTEN)
    await child.start()
    child.kill('SIGSTOP')
    expect(await child.stop()).toEqual({ code: null, signal: 'SIGTERM' })
    const stubborn = await service(`process.on('SIGTERM', () => {}); ${LISTEN}`, { stopMs: 200 })
    await stubborn.child.start()
    expect(await stubborn.child.stop()).toEqual({ code: null, signal: 'SIGKILL' })
    expect(stubborn.deaths).toEqual([])
  })

  it('can be stopped twice', async () => {
    const { child } = await service(LISTEN)
    await child.start()
    expect(await child.stop()).toEqual(await child.stop())
  })
})
