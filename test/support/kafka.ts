import { Kafka, logLevel, type Admin } from 'kafkajs'
import { inject, type TestOptions } from 'vitest'
import { registerCleanUp } from './clean-up.ts'
import { skipBecause } from './needs.ts'

/** The broker of the run, or why there is none. */
export type ProvidedBroker = { brokers: string; reason: null } | { brokers: null; reason: string }

declare module 'vitest' {
  interface ProvidedContext {
    kafka: ProvidedBroker
  }
}

/** Options for a `describe` that talks to the broker of the run. @throws Error on CI without one */
export function needsBroker(): TestOptions {
  return skipBecause(inject('kafka').reason)
}

/** `host:port` of the broker of the run. */
export function brokersOfRun(): string {
  const { brokers, reason } = inject('kafka')
  if (brokers === null) throw new Error(reason)
  return brokers
}

let topics = 0

/** A topic name that no other test uses. */
export function uniqueTopic(name: string): string {
  topics += 1
  return `${name}-${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}-${topics}`
}

/** An admin client of a broker, by default that of the run, until the end of the test. */
export async function connectAdmin(broker = brokersOfRun()): Promise<Admin> {
  const admin = new Kafka({ brokers: broker.split(','), logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  registerCleanUp(() => admin.disconnect())
  return admin
}
