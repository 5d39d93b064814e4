/** One fault of a simulated exchange that is on. */
export interface SwitchedFault {
  readonly name: string
  /** Empty where it has none. */
  readonly value: string
  /** null = all. */
  readonly instruments: readonly string[] | null
}

/** A fault to switch on; without a value it takes its standard one, without instruments all. */
export interface WantedFault {
  readonly name: string
  readonly value?: string | number | null
  readonly instruments?: readonly string[] | null
}

/** A fault that there is. */
export interface FaultKind {
  readonly name: string
  /** `state` lasts until it is switched off, `event` runs once and goes by itself. */
  readonly lasts: 'state' | 'event'
  /** Value where none is given; empty for none. */
  readonly standard: string
  /** Whether it can be narrowed to some instruments. */
  readonly acceptsInstruments: boolean
  /** What happens, in words. */
  readonly what: string
}

/** The fault switches of a simulated exchange. */
export interface FaultSwitches {
  readonly available: readonly FaultKind[]
  list(): readonly SwitchedFault[]
  /**
   * Exactly these are on from now on; what stays the same is not touched.
   * @throws AppError `ERR_USAGE` with every problem in `context.problems`; then nothing has changed
   */
  set(wanted: readonly WantedFault[]): void
}
