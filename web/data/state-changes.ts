import type { Market } from './market.ts'

/** A change of state to show. */
export interface Change {
  readonly who: string
  readonly from: string
  readonly to: string
  readonly reason: string | null
}

/** More simultaneous changes than these are reported as one. */
const MAX_SINGLE = 3

/** Finds the instruments whose state changed since the last poll. */
export class StateChanges {
  readonly #market: Market
  #states = new Map<string, string>()

  constructor(market: Market) {
    this.#market = market
  }

  check(): Change[] {
    const groups = new Map<string, Change & { count: number }>()
    const states = new Map<string, string>()
    const singles: Change[] = []
    for (const name of this.#market.names) {
      const state = this.#market.stateOf(name)
      const before = this.#states.get(name)
      // The first known state is not a change.
      if (before === undefined && state === 'unknown') continue
      states.set(name, state)
      if (before === undefined || before === state) continue
      const reading = this.#market.read(name)
      const reason = state === 'live' || reading.isLive ? null : reading.reason
      const key = `${before} ${state} ${reason}`
      const group = groups.get(key) ?? { who: '', from: before, to: state, reason, count: 0 }
      group.count += 1
      groups.set(key, group)
      if (group.count <= MAX_SINGLE) singles.push({ who: name, from: before, to: state, reason })
    }
    this.#states = states
    const many = [...groups.values()].filter(({ count }) => count > MAX_SINGLE)
    const isReported = (change: Change) =>
      many.some(
        ({ from, to, reason }) =>
          from === change.from && to === change.to && reason === change.reason,
      )
    return [
      ...singles.filter((change) => !isReported(change)),
      ...many.map(({ count, from, to, reason }) => ({ who: `${count} books`, from, to, reason })),
    ]
  }
}
