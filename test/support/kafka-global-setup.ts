import process from 'node:process'
import type { TestProject } from 'vitest/node'
import { messageOf } from '../../src/errors.ts'
import { startBroker } from '../../tools/kafka/broker.ts'
import type { ProvidedBroker } from './kafka.ts'

/** Starts one broker per test run, on free ports; provides the reason where none is available. */
export default async function setUpKafka(project: TestProject): Promise<() => Promise<void>> {
  let provided: ProvidedBroker
  let stop = () => Promise.resolve()
  try {
    const broker = await startBroker({
      say: (line) => {
        process.stdout.write(`kafka: ${line}\n`)
      },
    })
    provided = { brokers: broker.brokers, reason: null }
    stop = () => broker.stop()
  } catch (error) {
    provided = { brokers: null, reason: messageOf(error) }
  }
  project.provide('kafka', provided)
  return stop
}
