import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseDocument } from 'yaml'

const MAX_BODY_BYTES = 64 * 1024 * 1024
/** Never counted: it is sent repeatedly on purpose. */
const NOT_COUNTED = 'dead-man-switch'

/** What Alertmanager sends to a webhook, as far as it is read. */
interface WebhookMessage {
  readonly receiver: string
  readonly status: 'firing' | 'resolved'
  readonly groupLabels: Readonly<Record<string, string>>
  readonly alerts: readonly unknown[]
}

/** One message to a person. */
export interface Notification {
  /** Monotonic ms of the receipt. */
  readonly atMs: number
  readonly receiver: string
  readonly status: 'firing' | 'resolved'
  readonly alertname: string
  /** Alerts that it lists. */
  readonly alertCount: number
}

/** A webhook that stands for every receiver and counts what each gets. */
export class NotificationCounter {
  readonly #server: Server
  readonly #received: Notification[] = []

  static async start(): Promise<NotificationCounter> {
    const counter = new NotificationCounter()
    await new Promise<void>((resolve, reject) => {
      counter.#server.once('error', reject)
      counter.#server.listen(0, '127.0.0.1', resolve)
    })
    return counter
  }

  private constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = []
      let bytes = 0
      request.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > MAX_BODY_BYTES) request.destroy()
        else chunks.push(chunk)
      })
      request.on('end', () => {
        this.#add(Buffer.concat(chunks).toString())
        response.end()
      })
    })
  }

  /** In the order of receipt, without those of the dead man's switch. */
  get received(): readonly Notification[] {
    return this.#received
  }

  /**
   * Writes the shipped configuration with this webhook at every receiver.
   * @throws Error where the shipped file has no receivers
   */
  writeConfig(shippedFile: string, file: string): void {
    const config = parseDocument(readFileSync(shippedFile, 'utf8'))
    const { port } = this.#server.address() as AddressInfo
    const { receivers } = config.toJS() as { receivers?: { name: string }[] }
    if (receivers === undefined) throw new Error(`${shippedFile} has no receivers`)
    for (const index of receivers.keys()) {
      const webhook = { url: `http://127.0.0.1:${port}/`, send_resolved: true }
      config.setIn(['receivers', index, 'webhook_configs'], [webhook])
    }
    writeFileSync(file, config.toString())
  }

  stop(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  #add(text: string): void {
    const { receiver, status, groupLabels, alerts } = JSON.parse(text) as WebhookMessage
    if (receiver === NOT_COUNTED) return
    const alertname = groupLabels['alertname'] ?? JSON.stringify(groupLabels)
    const alertCount = alerts.length
    this.#received.push({ atMs: performance.now(), receiver, status, alertname, alertCount })
  }
}

/** The largest number of events within any `windowMs`, both ends included. @param timesMs ascending */
export function mostWithin(timesMs: readonly number[], windowMs: number): number {
  let most = 0
  let first = 0
  timesMs.forEach((atMs, last) => {
    while (atMs - (timesMs[first] ?? atMs) > windowMs) first += 1
    most = Math.max(most, last - first + 1)
  })
  return most
}
