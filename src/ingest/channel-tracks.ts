import type { Clock } from '../model/clock.ts'
import type { BookFrame } from '../model/frame.ts'
import { ChannelTrack } from './channel-track.ts'

/** All book channels that this producer carries. Bounded by the subscriptions of the feed. */
export class ChannelTracks {
  readonly #clock: Clock
  readonly #snapshotMs: number
  readonly #tracks = new Map<string, ChannelTrack>()
  readonly #byInstrument = new Map<string, readonly ChannelTrack[]>()

  /** @param snapshotMs every channel gets a whole checkpoint that often */
  constructor(options: { snapshotMs: number }, clock: Clock) {
    this.#snapshotMs = options.snapshotMs
    this.#clock = clock
  }

  get(channel: string): ChannelTrack | undefined {
    return this.#tracks.get(channel)
  }

  /** The track of a frame's channel. New ones are staggered over the interval by their name. */
  of(frame: BookFrame): ChannelTrack {
    const known = this.#tracks.get(frame.channel)
    if (known !== undefined) return known
    const offsetMs = spread(frame.channel) * this.#snapshotMs
    const track = new ChannelTrack(frame, this.#clock.monotonicMs() - offsetMs)
    this.#tracks.set(frame.channel, track)
    this.#byInstrument.set(frame.instrument, [...this.ofInstrument(frame.instrument), track])
    return track
  }

  ofInstrument(instrument: string): readonly ChannelTrack[] {
    return this.#byInstrument.get(instrument) ?? []
  }

  drop(channel: string): void {
    const track = this.#tracks.get(channel)
    if (track === undefined) return
    this.#tracks.delete(channel)
    const others = this.ofInstrument(track.instrument).filter((other) => other !== track)
    if (others.length > 0) this.#byInstrument.set(track.instrument, others)
    else this.#byInstrument.delete(track.instrument)
  }

  all(): Iterable<ChannelTrack> {
    return this.#tracks.values()
  }
}

/** A number in [0, 1) that is the same for the same name: FNV-1a, 32 bits. */
function spread(name: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < name.length; index++) {
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193)
  }
  return (hash >>> 0) / 0x1_0000_0000
}
