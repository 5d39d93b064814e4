/** An active fault of the simulated exchange. */
export interface Fault {
  readonly name: string
  readonly value: string
  /** null = all. */
  readonly instruments: readonly string[] | null
}

export interface WantedFault {
  readonly name: string
  /** Default: the value of the scenario. */
  readonly value?: string
  readonly instruments: readonly string[] | null
}

export interface FaultKind {
  readonly name: string
  /** `state` lasts until it is switched off, `event` ends by itself. */
  readonly lasts: 'state' | 'event'
  readonly standard: string
  readonly acceptsInstruments: boolean
  readonly what: string
}

/** Response of /demo/faults, which serves only this page and is not part of the API. */
export interface Faults {
  readonly faults: readonly Fault[]
  readonly available: readonly FaultKind[]
}
