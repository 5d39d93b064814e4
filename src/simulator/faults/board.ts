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
 * Starts a fault and returns a function that ends it. An event calls `done` when it is over.
 * Faults that are looked up per frame or request need no effect.
 */
export type Effect = (fault: Fault, done: () => void) => () => void

interface Active {
  readonly fault: Fault
  end: () => void
}

/** Switches faults on and off, and holds those that are on. */
export class FaultBoard {
  #effects: Readonly<Record<string, Effect>> = {}
  readonly #isKnown: (instrument: string) => boolean
  #active: Active[] = []
  /** Whether any frame fault is on; cached, because it is read for every frame. */
  hasFrameFaults = false

  constructor(isKnownInstrument: (instrument: string) => boolean) {
    this.#isKnown = isKnownInstrument
  }

  /**
   * Sets the effects of switching. Not in the constructor, because effects depend on modules that
   * read the board.
   */
  connect(effects: Readonly<Record<string, Effect>>): void {
    this.#effects = effects
  }

  /**
   * Replaces all active faults. Faults that are in both sets keep running.
   * @throws AppError `ERR_USAGE`; nothing has changed then
   */
  set(wanted: string | readonly FaultRequest[]): void {
    const faults = this.#read(wanted)
    const keys = new Set(faults.map(keyOf))
    for (const active of [...this.#active]) {
      if (!keys.has(keyOf(active.fault))) this.#end(active)
    }
    for (const fault of faults) this.#start(fault)
  }

  /** Switches further faults on. @throws AppError `ERR_USAGE`; nothing has changed then */
  add(wanted: string | readonly FaultRequest[]): void {
    for (const fault of this.#read(wanted)) this.#start(fault)
  }

  /** Switches off all faults, or all of one name. A running event ends at once. */
  clear(name?: string): void {
    for (const active of [...this.#active]) {
      if (name === undefined || active.fault.name === name) this.#end(active)
    }
  }

  list(): readonly Fault[] {
    return this.#active.map(({ fault }) => fault)
  }

  /**
   * Returns the active fault of a name for an instrument, or for any instrument if none is given.
   */
  find(name: string, instrument?: string | null): Fault | null {
    for (const { fault } of this.#active) {
      if (fault.name === name && covers(fault, instrument)) return fault
    }
    return null
  }

  /**
   * Returns the active frame faults of an instrument, in the order in which they were switched on.
   */
  frameFaults(instrument: string): Fault[] {
    return this.#active
      .map(({ fault }) => fault)
      .filter((fault) => FRAME_FAULTS.has(fault.name) && covers(fault, instrument))
  }

  /** Called when a fault with the value `once` has happened. */
  remove(fault: Fault): void {
    const active = this.#active.find((candidate) => candidate.fault === fault)
    if (active !== undefined) this.#end(active)
  }

  #read(wanted: string | readonly FaultRequest[]): Fault[] {
    const faults = typeof wanted === 'string' ? parseScenario(wanted) : checkFaults(wanted)
    const problems = faults.flatMap(({ name, instruments }) =>
      (instruments ?? [])
        .filter((instrument) => !this.#isKnown(instrument))
        .map(
          (instrument) => `scenario ${name}@${instrument}: expected an instrument of the simulator`,
        ),
    )
    if (problems.length > 0) {
      throw new AppError('ERR_USAGE', problems[0] ?? '', { context: { problems } })
    }
    return faults
  }

  #start(fault: Fault): void {
    if (this.#active.some((active) => keyOf(active.fault) === keyOf(fault))) return
    // A scenario has one value at a time: a new delay replaces the old one.
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
