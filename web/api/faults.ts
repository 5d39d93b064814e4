/** A fault of the simulated exchange that is on. */
export interface Fault {
  readonly name: string
  readonly value: string
  /** null = all. */
  readonly instruments: readonly string[] | null
}

export interface WantedFault {
  readonly name: string
  /** Without it the standard one. */
  readonly value?: string
  readonly instruments: readonly string[] | null
}

export interface FaultKind {
  readonly name: string
  /** `state` lasts until it is switched off, `event` goes by itself. */
  readonly lasts: 'state' | 'event'
  readonly standard: string
  readonly acceptsInstruments: boolean
  readonly what: string
}

/** The answer of /demo/faults, which is for this page alone and not part of the API. */
export interface Faults {
  readonly faults: readonly Fault[]
  readonly available: readonly FaultKind[]
}
