import { createParser, type EventSourceMessage } from 'eventsource-parser'
import type { components } from './api-types.ts'

/** The service sends at least a comment every 15 seconds. */
const MAX_SILENCE_MS = 20_000

type Schemas = components['schemas']

export type StreamEvent =
  | { readonly event: 'snapshot'; readonly data: Schemas['Snapshot'] }
  | { readonly event: 'state'; readonly data: Schemas['StateEvent'] }

/**
 * Yields the events of a response until it ends.
 * @throws Error if the connection is silent for 20 seconds
 */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamEvent> {
  const arrived: StreamEvent[] = []
  const parser = createParser({
    onEvent: (message) => {
      const event = toStreamEvent(message)
      if (event !== null) arrived.push(event)
    },
  })
  const decoder = new TextDecoder()
  const reader = body.getReader()
  try {
    for (;;) {
      const { done, value } = await readInTime(reader)
      if (done) return
      parser.feed(decoder.decode(value, { stream: true }))
      yield* arrived.splice(0)
    }
  } finally {
    // Also if the consumer of the events stops early: this closes the connection.
    await reader.cancel().catch(() => undefined)
  }
}

async function readInTime(reader: ReadableStreamDefaultReader<Uint8Array>) {
  let timer: ReturnType<typeof setTimeout> | undefined
  const silence = new Promise<never>((_resolve, reject) => {
    const why = `no data for ${MAX_SILENCE_MS / 1000} s`
    timer = setTimeout(() => reject(new Error(why)), MAX_SILENCE_MS)
  })
  try {
    return await Promise.race([reader.read(), silence])
  } finally {
    clearTimeout(timer)
  }
}

/** Converts a message; null for events that this version of the client does not know. */
function toStreamEvent({ event, data }: EventSourceMessage): StreamEvent | null {
  if (event === 'snapshot') return { event, data: JSON.parse(data) as Schemas['Snapshot'] }
  if (event === 'state') return { event, data: JSON.parse(data) as Schemas['StateEvent'] }
  return null
}
