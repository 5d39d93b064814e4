import type { Simulator } from '../../src/simulator/server/api.ts'

type Levels = readonly (readonly [number, number])[]

/** A book printed by a client: one line of its output. */
interface PrintedBook {
  /** `http` or `websocket`: the source of the book. */
  readonly source: string
  readonly instrument: string
  readonly bids: Levels
  readonly asks: Levels
}

export type Fact = Readonly<Record<string, unknown>>

/** Identifies a book that a client reads. */
export interface BookKey {
  readonly source: string
  readonly instrument: string
}

/** Compares the output of a client, one JSON object per line, with the books of the exchange. */
export class PrintedBooks {
  readonly facts: Fact[] = []
  readonly #simulator: Simulator

  constructor(simulator: Simulator) {
    this.#simulator = simulator
  }

  /** Adds lines of output; lines that are not JSON objects are ignored. */
  add(lines: readonly string[]): void {
    const objects = lines.filter((line) => line.startsWith('{'))
    this.facts.push(...objects.map((line) => JSON.parse(line) as Fact))
  }

  /** Number of printed messages of a kind. */
  count(message: string): number {
    return this.facts.filter((fact) => fact['message'] === message).length
  }

  /** Every book of the exchange for each source. */
  keys(sources: readonly string[]): BookKey[] {
    return sources.flatMap((source) =>
      this.#simulator.instruments.map((instrument) => ({ source, instrument })),
    )
  }

  of({ source, instrument }: BookKey): PrintedBook[] {
    return this.facts.filter((fact): fact is PrintedBook & Fact => {
      const name = fact['instrument']
      // Some clients print names in upper case.
      const isSame = typeof name === 'string' && name.toUpperCase() === instrument.toUpperCase()
      return isSame && fact['source'] === source
    })
  }

  /** Describes how its last book differs from that of the exchange; null if it does not. */
  difference(key: BookKey): string | null {
    const book = this.of(key).at(-1)
    const own = this.#simulator.reference(key.instrument)
    for (const side of ['bids', 'asks'] as const) {
      const [theirs, ours] = [JSON.stringify(book?.[side]), JSON.stringify(own?.[side])]
      if (theirs !== ours) {
        return `${key.source} ${key.instrument} ${side}: ${theirs} instead of ${ours}`
      }
    }
    return null
  }

  /** Number of levels of its last book. */
  levels(key: BookKey): number {
    const book = this.of(key).at(-1)
    return (book?.bids.length ?? 0) + (book?.asks.length ?? 0)
  }
}

/** Environment variables with the addresses of the exchange. */
export function addressesOf(simulator: Simulator): Record<string, string> {
  return {
    SIM_WS: simulator.url,
    SIM_HTTP: new URL(simulator.url.replace(/^ws/, 'http')).origin,
    SIM_INSTRUMENTS: simulator.instruments.join(','),
  }
}
