/** A connection as a channel sees it. */
export interface Subscriber {
  send(frame: string | Buffer): void
}

/** One channel with those who subscribed it. It exists while somebody does. */
export interface Stream {
  readonly channel: string
  /** Instrument of the channel; null where it is about no single one. */
  readonly instrument: string | null
  readonly subscribers: Set<Subscriber>
  /** What a new subscriber is sent first. */
  start(subscriber: Subscriber): void
  /** Called once when the last subscriber has gone. */
  close(): void
}

/** How the frames of a channel reach its subscribers; scenarios get at them here. */
export interface Delivery {
  publish(stream: Stream, frame: string): void
  /** The first frames for one new subscriber. */
  greet(stream: Stream, subscriber: Subscriber, frame: string): void
}
