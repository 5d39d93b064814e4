import { isIPv6 } from 'node:net'
import type { Clock } from '../model/clock.ts'

/** Wrong tokens of one address within a second, after which nothing of it is looked at until the next. */
const MAX_FAILURES = 10
const WINDOW_MS = 1000
/** Networks that are counted at a time; those beyond are let through until the next second. */
const MAX_NETWORKS = 5000

/** How often each address gave a wrong token lately: a token is not to be found by trying. */
export class FailedTokens {
  readonly #clock: Clock
  readonly #failures = new Map<string, number>()
  #beganMonotonicMs = Number.NEGATIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(address: string): void {
    const network = networkOf(address)
    const before = this.#failures.get(network)
    if (before === undefined && this.#failures.size >= MAX_NETWORKS) return
    this.#failures.set(network, (before ?? 0) + 1)
  }

  /** Whether the address has to wait; a right token would not be looked at either. */
  isExceededBy(address: string): boolean {
    this.#restart()
    return (this.#failures.get(networkOf(address)) ?? 0) >= MAX_FAILURES
  }

  #restart(): void {
    const nowMs = this.#clock.monotonicMs()
    if (nowMs - this.#beganMonotonicMs < WINDOW_MS) return
    this.#beganMonotonicMs = nowMs
    this.#failures.clear()
  }
}

/** One customer has all addresses of an IPv6 network of 64 bits. */
function networkOf(address: string): string {
  if (!isIPv6(address)) return address
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  if (mapped?.[1] !== undefined) return mapped[1]
  const [start = '', end] = address.toLowerCase().split('::')
  const groups = start === '' ? [] : start.split(':')
  const rest = end === undefined || end === '' ? [] : end.split(':')
  const zeros = Array<string>(Math.max(0, 8 - groups.length - rest.length)).fill('0')
  return [...groups, ...(end === undefined ? [] : zeros), ...rest].slice(0, 4).join(':')
}
