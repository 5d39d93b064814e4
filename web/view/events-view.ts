import type { Change } from '../data/state-changes.ts'
import { byId, make, setText } from './dom.ts'
import { formatTime } from './format.ts'
import { describeAbsence } from './words.ts'

const MAX_EVENTS = 60
/** A repeated change within this time increments the count of its line, ms. */
const REPEAT_MS = 15_000

interface Line {
  readonly key: string
  readonly element: HTMLElement
  readonly time: HTMLElement
  readonly count: HTMLElement
  readonly sinceMs: number
  times: number
}

/** Log of state changes, newest first. */
export class EventsView {
  readonly #list = byId('events', HTMLOListElement)
  #lines: Line[] = []

  add(changes: readonly Change[]): void {
    for (const change of changes) {
      const now = Date.now()
      const key = JSON.stringify(change)
      const line = this.#lines.find((old) => old.key === key && now - old.sinceMs < REPEAT_MS)
      if (line === undefined) this.#begin(change, key, now)
      else this.#repeat(line, now)
    }
  }

  /** A repeated change moves to the top. */
  #repeat(line: Line, now: number): void {
    line.times += 1
    setText(line.count, `×${line.times}`)
    setText(line.time, formatTime(now))
    this.#list.prepend(line.element)
    this.#lines = [line, ...this.#lines.filter((other) => other !== line)]
  }

  #begin({ who, from, to, reason }: Change, key: string, sinceMs: number): void {
    const why = to === 'live' ? 'values are back' : describeAbsence(to, reason).why
    const count = make('span', { class: 'times' })
    const time = make('time', { text: formatTime(sinceMs) })
    const change = `${describeAbsence(from, null).label} → ${describeAbsence(to, null).label} `
    const element = make('li', {
      attributes: { 'data-state': to },
      children: [
        time,
        make('b', { text: who }),
        make('span', { class: 'change', children: [change, count] }),
        make('span', { class: 'why', text: why }),
      ],
    })
    this.#list.prepend(element)
    const line = { key, element, time, count, sinceMs, times: 1 }
    this.#lines = [line, ...this.#lines].slice(0, MAX_EVENTS)
    while (this.#list.childElementCount > MAX_EVENTS) this.#list.lastElementChild?.remove()
  }
}
