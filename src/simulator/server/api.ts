import type { FaultBoard } from '../faults/board.ts'
import type { Reference } from '../market/top-history.ts'
import type { Player } from '../replay/player.ts'

/** A simulated Deribit exchange on localhost. */
export interface Simulator {
  /** `ws://127.0.0.1:port/ws/api/v2`, or `wss:`, once started. */
  readonly url: string
  readonly port: number
  /** Id of the simulator: first segment of the control server's paths. */
  readonly id: string
  /** `http://127.0.0.1:port/id` of the control server; null without one. */
  readonly controlUrl: string | null
  readonly instruments: readonly string[]
  /** Number of open connections. */
  readonly connections: number
  /** Switches faults on and off. */
  readonly faults: FaultBoard
  /** Replay of the recording; null without one. */
  readonly replay: Player | null
  /** Returns the current reference book of an instrument; null if the instrument is unknown. */
  reference(instrument: string): Reference | null
  /** Sets the rate: book changes per second over all instruments. */
  setRate(ratePerSecond: number): void
  /** @throws the socket's error if the port is in use, AppError `ERR_USAGE` for a bad scenario */
  start(): Promise<void>
  /** Stops the simulator and terminates every connection. Idempotent. */
  stop(): Promise<void>
}
