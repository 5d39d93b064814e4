/** Subscriber of a channel: a connection. */
export interface Subscriber {
  send(frame: string | Buffer): void
}

/** A channel with its subscribers. Exists while it has at least one. */
export interface Stream {
  readonly channel: string
  /** Instrument of the channel; null if the channel covers several. */
  readonly instrument: string | null
  readonly subscribers: Set<Subscriber>
  /** Sends the initial frame to a new subscriber. */
  start(subscriber: Subscriber): void
  /** Called once when the last subscriber has unsubscribed. */
  close(): void
}

/** Delivers the frames of a channel to its subscribers; scenarios modify frames here. */
export interface Delivery {
  publish(stream: Stream, frame: string): void
  /** Sends the initial frames to one new subscriber. */
  sendInitial(stream: Stream, subscriber: Subscriber, frame: string): void
}
