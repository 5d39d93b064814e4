import type { FaultBoard } from './faults/board.ts'
import type { Reference } from './market/top-history.ts'
import type { Player } from './replay/player.ts'

/** A Deribit on localhost. */
export interface Simulator {
  /** `ws://127.0.0.1:port/ws/api/v2`, or `wss:`, once started. */
  readonly url: string
  readonly port: number
  /** What the paths of its control server start with. */
  readonly id: string
  /** `http://127.0.0.1:port/id` of the control server; null without one. */
  readonly controlUrl: string | null
  readonly instruments: readonly string[]
  /** Connections that are open now. */
  readonly connections: number
  /** The switches of the faults. */
  readonly faults: FaultBoard
  /** What plays the recording; null without one. */
  readonly replay: Player | null
  /** The exchange's own book of an instrument now; null where it has none of that name. */
  reference(instrument: string): Reference | null
  /** Changes of books a second from now on, over all instruments. */
  setRate(ratePerSecond: number): void
  /** @throws the socket's error where the port is in use, AppError `ERR_USAGE` for a bad scenario */
  start(): Promise<void>
  /** Idempotent; cuts every connection. */
  stop(): Promise<void>
}
