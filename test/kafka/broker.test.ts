import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { Kafka, logLevel } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { startBroker } from '../../tools/kafka/broker.ts'
import { answersProtocol } from '../../tools/kafka/protocol-answer.ts'
import { registerCleanUp } from '../support/clean-up.ts'
import { freePort } from '../support/free-port.ts'
import { needsBroker } from '../support/kafka.ts'
import { startProcess } from '../support/start-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const SCRIPT = fileURLToPath(new URL('../../tools/kafka/kafka.ts', import.meta.url))
const LISTENS = /Kafka listens on (127\.0\.0\.1:\d+)/
const START_MS = 120_000

function startKafka(args: string[], env: Record<string, string> = {}) {
  return startProcess(process.execPath, [SCRIPT, ...args], { env })
}

async function topicsOf(brokers: string): Promise<string[]> {
  const admin = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  const topics = await admin.listTopics()
  await admin.disconnect()
  return topics
}

describe('npm run kafka', needsBroker(), () => {
  it('runs a broker on the port that it is given, and ends cleanly with Ctrl-C', async () => {
    const temporary = temporaryFolder()
    const port = await freePort()
    const running = startKafka(['--port', String(port)], { TMPDIR: temporary })
    const [, brokers] = await running.waitForLine(LISTENS, { timeoutMs: START_MS })
    expect(brokers).toBe(`127.0.0.1:${port}`)
    expect(await answersProtocol(port)).toBe(true)
    expect(await topicsOf(brokers ?? '')).toEqual([])
    expect(readdirSync(temporary)).toHaveLength(1)
    expect(await running.stop({ signal: 'SIGINT', timeoutMs: 30_000 })).toMatchObject({ code: 0 })
    expect(readdirSync(temporary)).toEqual([])
  })

  it('continues with existing data', async () => {
    const data = temporaryFolder()
    const port = await freePort()
    const args = ['--port', String(port), '--data', data]
    const first = startKafka(args)
    await first.waitForLine(LISTENS, { timeoutMs: START_MS })
    const admin = new Kafka({ brokers: [`127.0.0.1:${port}`], logLevel: logLevel.NOTHING }).admin()
    await admin.connect()
    await admin.createTopics({ topics: [{ topic: 'kept' }] })
    await admin.disconnect()
    await first.stop({ signal: 'SIGTERM', timeoutMs: 30_000 })
    expect(existsSync(join(data, 'log', 'meta.properties'))).toBe(true)
    const second = startKafka(args)
    await second.waitForLine(LISTENS, { timeoutMs: START_MS })
    expect(await topicsOf(`127.0.0.1:${port}`)).toEqual(['kept'])
    await second.stop({ signal: 'SIGTERM', timeoutMs: 30_000 })
  })

  it('reports what the broker logged when it does not start', async () => {
    const other = createServer()
    other.listen(0, '127.0.0.1')
    await once(other, 'listening')
    registerCleanUp(() => other.close())
    const { port: controllerPort } = other.address() as AddressInfo
    await expect(startBroker({ controllerPort })).rejects.toThrow(/Address already in use/)
  })

  it('reports missing requirements without Java and Docker', async () => {
    const running = startKafka([], { PATH: temporaryFolder() })
    expect(await running.exited).toMatchObject({ code: 1 })
    expect(running.lines.join('\n')).toMatch(/no `java` on the path.*no `docker` on the path/)
  })

  it.each([[['--port', '70000']], [['--port', 'x']], [['--unknown']]])(
    'refuses %s with exit code 2',
    async (args) => {
      const running = startKafka(args)
      expect(await running.exited).toMatchObject({ code: 2 })
    },
  )
})
