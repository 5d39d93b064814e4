import type { ChannelName } from './channel-name.ts'
import type { Stream, Subscriber } from './stream.ts'

/** A channel that carries what happens to the platform or to instruments; silent at the start. */
export class EventStream implements Stream {
  readonly channel: string
  readonly name: ChannelName
  readonly instrument = null
  readonly subscribers = new Set<Subscriber>()

  constructor(channel: string, name: ChannelName) {
    this.channel = channel
    this.name = name
  }

  start(): void {
    // Nothing has happened yet.
  }

  close(): void {
    // Held by the hub alone.
  }
}
