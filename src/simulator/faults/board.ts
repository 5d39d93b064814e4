import { AppError } from '../../errors.ts'
import {
  checkFaults,
  type Fault,
  type FaultRequest,
  findFault,
  FRAME_FAULTS,
  parseScenario,
} from './catalogue.ts'

/**
 * Makes a fault happen; gives what ends it. An event calls `done` when it is over by itself.
 * Faults that are looked up while a frame or a request passes need none.
 */
export type Effect = (fault: Fault, done: () => void) => () => void

interface Active {
  readonly fault: Fault
  end: () => void
}

/** The switches: which faults are on, and what switching them does. */
export class FaultBoard {
  #effects: Readonly<Record<string, Effect>> = {}
  readonly #isKnown: (instrument: string) => boolean
  #active: Active[] = []
  /** Whether any frame has to be looked at; kept here because every frame asks. */
  hasFrameFaults = false

  constructor(isKnownInstrument: (instrument: string) => boolean) {
    this.#isKnown = isKnownInstrument
  }

  /** Says what switching does. Apart from the constructor, as effects reach parts that ask the board. */
  connect(effects: Readonly<Record<string, Effect>>): void {
    this.#effects = effects
  }

  /**
   * Replaces everything that is on. What stays on the same is not touched.
   * @throws AppError `ERR_USAGE`; then nothing has changed
   */
  set(wanted: string | readonly FaultRequest[]): void {
    const faults = this.#read(wanted)
    const keys = new Set(faults.map(keyOf))
    for (const active of [...this.#active]) {
      if (!keys.has(keyOf(active.fault))) this.#end(active)
    }
    for (const fault of faults) this.#start(fault)
  }

  /**
   * Switches more on.
   * @throws AppError `ERR_USAGE`; then nothing has changed
   */
  add(wanted: string | readonly FaultRequest[]): void {
    for (const fault of this.#read(wanted)) this.#start(fault)
  }

  /** Switches off everything, or all of one name. An event that runs is ended at once. */
  clear(name?: string): void {
    for (const active of [...this.#active]) {
      if (name === undefined || active.fault.name === name) this.#end(active)
    }
  }

  list(): readonly Fault[] {
    return this.#active.map(({ fault }) => fault)
  }

  /** The fault of that name that is on for an instrument, or for any where none is given. */
  find(name: string, instrument?: string | null): Fault | null {
    for (const { fault } of this.#active) {
      if (fault.name === name && covers(fault, instrument)) return fault
    }
    return null
  }

  /** Frame faults that are on for an instrument, in the order they were switched on. */
  frameFaults(instrument: string): Fault[] {
    return this.#active
      .map(({ fault }) => fault)
      .filter((fault) => FRAME_FAULTS.has(fault.name) && covers(fault, instrument))
  }

  /** A fault with the value `once` has happened. */
  spend(fault: Fault): void {
    const active = this.#active.find((candidate) => candidate.fault === fault)
    if (active !== undefined) this.#end(active)
  }

  #read(wanted: string | readonly FaultRequest[]): Fault[] {
    const faults = typeof wanted === 'string' ? parseScenario(wanted) : checkFaults(wanted)
    const problems = faults.flatMap(({ name, instruments }) =>
      (instruments ?? [])
        .filter((instrument) => !this.#isKnown(instrument))
        .map(
          (instrument) =>
            `scenario ${name}@${instrument}: allowed is an instrument of the simulator`,
        ),
    )
    if (problems.length > 0) {
      throw new AppError('ERR_USAGE', problems[0] ?? '', { context: { problems } })
    }
    return faults
  }

  #start(fault: Fault): void {
    if (this.#active.some((active) => keyOf(active.fault) === keyOf(fault))) return
    // One value at a time: a new delay takes the place of the old one.
    for (const active of [...this.#active]) {
      if (active.fault.name === fault.name && isSameTarget(active.fault, fault)) this.#end(active)
    }
    const active: Active = { fault, end: () => undefined }
    let isOver = false
    const done = (): void => {
      isOver = true
      this.#remove(active)
    }
    this.#active.push(active)
    let end: (() => void) | undefined
    try {
      end = this.#effects[fault.name]?.(fault, done)
    } catch (error) {
      this.#remove(active)
      throw error
    }
    active.end = end ?? active.end
    if (findFault(fault.name)?.lasts === 'event' && end === undefined) done()
    if (isOver) this.#remove(active)
    this.#refresh()
  }

  #end(active: Active): void {
    this.#remove(active)
    active.end()
  }

  #remove(active: Active): void {
    this.#active = this.#active.filter((candidate) => candidate !== active)
    this.#refresh()
  }

  #refresh(): void {
    this.hasFrameFaults = this.#active.some(({ fault }) => FRAME_FAULTS.has(fault.name))
  }
}

function covers(fault: Fault, instrument: string | null | undefined): boolean {
  if (fault.instruments === null || instrument === undefined) return true
  return instrument !== null && fault.instruments.includes(instrument)
}

function isSameTarget(one: Fault, other: Fault): boolean {
  return String(one.instruments) === String(other.instruments)
}

function keyOf({ name, value, instruments }: Fault): string {
  return JSON.stringify([name, value, instruments])
}
