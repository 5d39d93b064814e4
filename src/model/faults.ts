/** An active fault of a simulated exchange. */
export interface SwitchedFault {
  readonly name: string
  /** Empty if the fault has no value. */
  readonly value: string
  /** null = all. */
  readonly instruments: readonly string[] | null
}

/** A fault to activate; the default value applies if none is given, and all instruments. */
export interface WantedFault {
  readonly name: string
  readonly value?: string | number | null
  readonly instruments?: readonly string[] | null
}

/** A fault that the simulator supports. */
export interface FaultKind {
  readonly name: string
  /** `state` lasts until it is switched off; `event` happens once and ends by itself. */
  readonly lasts: 'state' | 'event'
  /** Default value; empty for none. */
  readonly standard: string
  /** Whether it can be limited to some instruments. */
  readonly acceptsInstruments: boolean
  /** Description of the effect. */
  readonly what: string
}

/** Fault switches of a simulated exchange. */
export interface FaultSwitches {
  readonly available: readonly FaultKind[]
  list(): readonly SwitchedFault[]
  /**
   * Activates exactly these faults; faults that stay the same are not restarted.
   * @throws AppError `ERR_USAGE` with every problem in `context.problems`; nothing has changed then
   */
  set(wanted: readonly WantedFault[]): void
}
