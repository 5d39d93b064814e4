import { type Instrument, isCovered } from '../market/instrument.ts'
import { notification } from '../wire/book-frame.ts'
import { wireJson } from '../wire/json.ts'
import { type ChannelName, parseChannelName } from './channel-name.ts'
import { EventStream } from './event-streams.ts'
import type { Delivery, Stream, Subscriber } from './stream.ts'

/** Creates the stream of a channel; null if the channel does not exist. */
export type StreamSource = (channel: string, name: ChannelName) => Stream | null

/** Holds the streams of all subscribed channels. */
export class ChannelHub {
  readonly #streams = new Map<string, Stream>()
  readonly #source: StreamSource
  readonly #delivery: Delivery

  constructor(source: StreamSource, delivery: Delivery) {
    this.#source = source
    this.#delivery = delivery
  }

  /**
   * Returns the stream of a channel, created if necessary; null if the channel is omitted from the
   * answer.
   */
  find(channel: string): Stream | null {
    const known = this.#streams.get(channel)
    if (known !== undefined) return known
    const name = parseChannelName(channel)
    return name === null ? null : this.#source(channel, name)
  }

  /**
   * Sends the initial frames, then adds the subscriber, so that no change precedes the snapshot.
   */
  join(stream: Stream, subscriber: Subscriber): Stream {
    const joined = this.#streams.get(stream.channel) ?? stream
    this.#streams.set(joined.channel, joined)
    joined.start(subscriber)
    joined.subscribers.add(subscriber)
    return joined
  }

  leave(channel: string, subscriber: Subscriber): void {
    const stream = this.#streams.get(channel)
    if (stream === undefined) return
    stream.subscribers.delete(subscriber)
    if (stream.subscribers.size > 0) return
    this.#streams.delete(channel)
    stream.close()
  }

  *streams(): Iterable<Stream> {
    yield* this.#streams.values()
  }

  /** Publishes on every subscribed event channel that `covers` accepts. */
  announce(covers: (name: ChannelName) => boolean, data: object): void {
    for (const stream of this.#streams.values()) {
      if (!(stream instanceof EventStream) || !covers(stream.name)) continue
      this.#delivery.publish(stream, notification(stream.channel, wireJson(data)))
    }
  }

  /** Publishes an event of one instrument on `instrument.state.*` or `instrument.creation.*`. */
  announceInstrument(
    kind: 'instrument_state' | 'instrument_creation',
    instrument: Instrument,
    data: object,
  ): void {
    this.announce(
      (name) => name.kind === kind && isCovered(instrument, name.instrumentKind, name.currency),
      data,
    )
  }
}
