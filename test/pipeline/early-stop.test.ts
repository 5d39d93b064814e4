import { type AddressInfo, createServer, type Socket } from 'node:net'
import process from 'node:process'
import { expect, it } from 'vitest'
import { createApp } from '../../src/app/app.ts'
import { readConfig } from '../../src/config/config.ts'
import { systemClock } from '../../src/time/clock.ts'
import { recordingLogger } from '../http/fakes.ts'
import { registerCleanUp } from '../support/clean-up.ts'
import { eventually } from '../support/eventually.ts'
import { startProcess } from '../support/start-process.ts'
import { startSimulator } from './running-service.ts'

it('a stop during the start lets nothing start afterwards', async () => {
  const simulator = await startSimulator({ instruments: 4 })
  const timers = new Set<object>()
  const clock = {
    ...systemClock,
    setTimer(work: () => void, delayMs: number) {
      const timer = systemClock.setTimer(() => {
        timers.delete(timer)
        work()
      }, delayMs)
      timers.add(timer)
      return {
        cancel: () => {
          timers.delete(timer)
          timer.cancel()
        },
      }
    },
  }
  const config = readConfig(
    { HTTP_PORT: '0', DERIBIT_URL: simulator.url, INSTRUMENTS: simulator.instruments.join(',') },
    { isStrict: true },
  )
  const app = createApp(config, {
    clock,
    loggerOf: () => recordingLogger(),
    version: '0.0.0-test',
    onFatal: (error) => expect.fail(error.message),
  })
  const started = app.start()
  expect(await app.stop(5000)).toBe(0)
  await started
  expect(app.pipeline.read().feed?.isConnected).toBe(false)
  expect(timers.size).toBe(0)
})

it('a stop while the broker does not answer closes the feed at once', async () => {
  const simulator = await startSimulator({ instruments: 4, ratePerSecond: 20 })
  const sockets = new Set<Socket>()
  const silent = createServer((socket) => sockets.add(socket))
  registerCleanUp(() => {
    for (const socket of sockets) socket.destroy()
    silent.close()
  })
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const config = readConfig(
    {
      HTTP_PORT: '0',
      DERIBIT_URL: simulator.url,
      INSTRUMENTS: simulator.instruments.join(','),
      KAFKA_BROKERS: `127.0.0.1:${(silent.address() as AddressInfo).port}`,
    },
    { isStrict: true },
  )
  const app = createApp(config, {
    clock: systemClock,
    loggerOf: () => recordingLogger(),
    version: '0.0.0-test',
    onFatal: (error) => expect.fail(error.message),
  })
  void app.start()
  await eventually(() => app.pipeline.read().feed?.isConnected === true)
  const stopped = app.stop(2000)
  expect(app.pipeline.read().feed?.isConnected).toBe(false)
  const received = () => app.pipeline.read().delivery?.map((account) => account.received)
  const before = received()
  await stopped
  expect(received()).toEqual(before)
})

it('a signal right after the first output stops the process cleanly', async () => {
  const program = startProcess(process.execPath, ['src/cli.ts'], {
    env: { HTTP_PORT: '0', DERIBIT_URL: 'ws://127.0.0.1:1/ws/api/v2' },
  })
  await program.waitForLine(/"msg":"starting"/)
  program.kill('SIGTERM')
  expect(await program.exited).toEqual({ code: 0, signal: null })
})
