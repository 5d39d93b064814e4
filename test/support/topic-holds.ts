import process from 'node:process'
import { expect } from 'vitest'
import type { ParsedExposition } from '../observability/exposition.ts'
import { ForeignClient, needsForeignClient } from './foreign-client.ts'

const PRODUCED = /^orderbook_produced_records_total\{topic=([^,}]+),/

/** Reads the metrics of a service. */
interface Service {
  metrics(): Promise<ParsedExposition>
}

/**
 * Asserts that each topic has at least as many records as the service counted as produced, read
 * by another client. Without that client it prints a message and asserts nothing.
 * @param brokers address of the broker for the other client, without TLS and SASL
 * @throws Error where records are missing; on CI also where the client is missing
 */
export async function assertTopicHolds(service: Service, brokers: string): Promise<void> {
  const { series } = await service.metrics()
  const produced = new Map<string, number>()
  for (const [name, count] of series) {
    const topic = PRODUCED.exec(name)?.[1]
    if (topic !== undefined) produced.set(topic, (produced.get(topic) ?? 0) + count)
  }
  const said = [...produced].filter(([, count]) => count > 0)
  if (said.length === 0 || !hasForeignClient()) return
  const foreign = new ForeignClient(brokers)
  for (const [topic, count] of said) {
    const ends = await foreign.ends(topic)
    const held = [...ends.values()].reduce((sum, end) => sum + end, 0)
    expect(held, `records in ${topic}`).toBeGreaterThanOrEqual(count)
  }
}

function hasForeignClient(): boolean {
  const { skip, meta } = needsForeignClient()
  if (skip !== true) return true
  process.stdout.write(`not compared with the topic: ${meta?.skipReason ?? ''}\n`)
  return false
}
