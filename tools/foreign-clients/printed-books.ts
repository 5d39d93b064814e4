import type { Simulator } from '../../src/simulator/api.ts'

type Levels = readonly (readonly [number, number])[]

/** A book as a client has it: one line of its output. */
interface PrintedBook {
  /** `http` or `websocket`: where the client has it from. */
  readonly source: string
  readonly instrument: string
  readonly bids: Levels
  readonly asks: Levels
}

export type Fact = Readonly<Record<string, unknown>>

/** One book of those that a client reads. */
export interface BookKey {
  readonly source: string
  readonly instrument: string
}

/** What a client prints, one JSON object a line, held against the books of the exchange. */
export class PrintedBooks {
  readonly facts: Fact[] = []
  readonly #simulator: Simulator

  constructor(simulator: Simulator) {
    this.#simulator = simulator
  }

  /** Adds lines of output; what is no object is for people, and ignored. */
  add(lines: readonly string[]): void {
    const objects = lines.filter((line) => line.startsWith('{'))
    this.facts.push(...objects.map((line) => JSON.parse(line) as Fact))
  }

  /** How many messages of a kind it has printed. */
  count(message: string): number {
    return this.facts.filter((fact) => fact['message'] === message).length
  }

  /** Every book of the exchange from each of the sources. */
  keys(sources: readonly string[]): BookKey[] {
    return sources.flatMap((source) =>
      this.#simulator.instruments.map((instrument) => ({ source, instrument })),
    )
  }

  of({ source, instrument }: BookKey): PrintedBook[] {
    return this.facts.filter((fact): fact is PrintedBook & Fact => {
      const name = fact['instrument']
      // Some clients write all names in capitals.
      const isSame = typeof name === 'string' && name.toUpperCase() === instrument.toUpperCase()
      return isSame && fact['source'] === source
    })
  }

  /** How its last book differs from that of the exchange, level by level; null where it does not. */
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

  /** How many levels its last book has. */
  levels(key: BookKey): number {
    const book = this.of(key).at(-1)
    return (book?.bids.length ?? 0) + (book?.asks.length ?? 0)
  }
}

/** Addresses of the exchange for the environment of a client. */
export function addressesOf(simulator: Simulator): Record<string, string> {
  return {
    SIM_WS: simulator.url,
    SIM_HTTP: new URL(simulator.url.replace(/^ws/, 'http')).origin,
    SIM_INSTRUMENTS: simulator.instruments.join(','),
  }
}
