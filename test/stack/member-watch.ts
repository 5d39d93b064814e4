import { setTimeout as sleep } from 'node:timers/promises'

const SAMPLE_EVERY_MS = 50
const ANSWER_MS = 2000

/** One book of a reading. */
export interface ShownBook {
  readonly instrument: string
  /** State, with its reason where there is one: `stale:unverified`. */
  readonly state: string
  readonly changeId: number | null
  readonly bestBid: { price: number; amount: number } | null
  readonly bestAsk: { price: number; amount: number } | null
  readonly midPrice: number | null
  readonly partition: number | null
  readonly offset: bigint | null
}

/** A reading of a member between two times, epoch ms; books by name. */
export interface Reading {
  readonly member: string
  readonly askedMs: number
  readonly answeredMs: number
  readonly books: ReadonlyMap<string, ShownBook>
}

interface SummaryAnswer {
  readonly instrument: string
  readonly state: string
  readonly reason: string | null
  readonly changeId: number | null
  readonly bestBid: { price: number; amount: number } | null
  readonly bestAsk: { price: number; amount: number } | null
  readonly midPrice: number | null
  readonly source: { partition: number; offset: string } | null
}

/** Reads all books of one member, live or not. @throws Error where it does not answer */
export async function readBooks(member: string, url: string): Promise<Reading> {
  const askedMs = Date.now()
  const response = await fetch(`${url}/api/v1/snapshots?state=any`, {
    signal: AbortSignal.timeout(ANSWER_MS),
  })
  const { snapshots } = (await response.json()) as { snapshots: readonly SummaryAnswer[] }
  const answeredMs = Date.now()
  const books = new Map(
    snapshots.map(({ state, reason, source, ...rest }) => [
      rest.instrument,
      {
        ...rest,
        state: reason === null ? state : `${state}:${reason}`,
        partition: source?.partition ?? null,
        offset: source === null ? null : BigInt(source.offset),
      },
    ]),
  )
  return { member, askedMs, answeredMs, books }
}

/** Reads each member every 50 ms; a member that does not answer has no reading. */
export class MemberWatch {
  readonly readings: Reading[] = []
  readonly #members = new Map<string, string>()
  readonly #loops: Promise<void>[] = []
  #isStopped = false

  add(member: string, url: string): void {
    this.#members.set(member, url)
    this.#loops.push(this.#watch(member, url))
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await Promise.all(this.#loops)
  }

  /** Readings of a member requested in an interval, oldest first. */
  of(member: string, fromMs = 0, untilMs = Number.POSITIVE_INFINITY): Reading[] {
    return this.readings.filter(
      (reading) =>
        reading.member === member && reading.askedMs >= fromMs && reading.askedMs <= untilMs,
    )
  }

  async #watch(member: string, url: string): Promise<void> {
    while (!this.#isStopped) {
      const startedMs = performance.now()
      try {
        this.readings.push(await readBooks(member, url))
      } catch {
        // Not reachable; tests assert the expected members.
      }
      await sleep(Math.max(0, SAMPLE_EVERY_MS - (performance.now() - startedMs)))
    }
  }
}

/** Names of the books that are live in a reading. */
export function liveIn({ books }: Reading): string[] {
  return [...books.values()]
    .filter(({ state }) => state === 'live')
    .map(({ instrument }) => instrument)
}
