import type { Findings } from '../findings.ts'
import { isJsonObject, type JsonObject } from '../frame.ts'
import { checkFields, compareFields, FIELDS, REQUIRED } from './known-fields.ts'

interface Steps {
  readonly tickSize: number
  /** Ascending by `above`. */
  readonly steps: readonly { readonly above: number; readonly tickSize: number }[]
  /** null where amounts are not checked. */
  readonly amountStep: number | null
}

/** Relative difference from a multiple that is rounding, not another price. */
const ROUNDING = 1e-6

/** Learns the instrument objects of the recording, and checks levels against them. */
export class InstrumentChecks {
  readonly #findings: Findings
  readonly #objects = new Map<string, JsonObject>()
  readonly #steps = new Map<string, Steps>()
  readonly #unknown = new Set<string>()

  constructor(findings: Findings) {
    this.#findings = findings
  }

  /** @param info item of `public/get_instrument(s)` or `instrument.creation` */
  add(info: unknown): void {
    if (!isJsonObject(info)) {
      this.#findings.check('instrument.fields', false, 'an instrument is not an object')
      return
    }
    const fields = compareFields(info, FIELDS.instrument, REQUIRED.instrument)
    checkFields(this.#findings, 'instrument.fields', fields)
    const name = info['instrument_name']
    if (typeof name !== 'string') return
    this.#objects.set(name, info)
    const steps = stepsOf(info)
    if (steps !== null) this.#steps.set(name, steps)
  }

  /** The exchange answered that this name does not exist. */
  addUnknown(name: string): void {
    this.#unknown.add(name)
  }

  isUnknown(name: string): boolean {
    return this.#unknown.has(name)
  }

  /** Whether the instrument is listed and open, as far as known. */
  isOpen(name: string): boolean {
    return this.#objects.get(name)?.['state'] === 'open'
  }

  isRouted(name: string): boolean {
    return this.#objects.get(name)?.['is_cbe_routed'] === true
  }

  checkLevel(name: string, price: number, amount: number): void {
    const known = this.#steps.get(name)
    if (known === undefined) return
    const step = known.steps.findLast(({ above }) => Math.abs(price) > above)
    this.#multiple('units.tick', price, step?.tickSize ?? known.tickSize)
    if (known.amountStep !== null) this.#multiple('units.amount', amount, known.amountStep)
  }

  /** Ticks and sizes change while an instrument lives, and its object may be older. */
  #multiple(id: 'units.tick' | 'units.amount', value: number, step: number): void {
    const steps = value / step
    const isMultiple =
      Math.abs(steps - Math.round(steps)) <= ROUNDING * Math.max(1, Math.abs(steps))
    if (isMultiple) this.#findings.check(id, true, '')
    else this.#findings.except(id, `${value} is not a multiple of ${step}`)
  }
}

function stepsOf(info: JsonObject): Steps | null {
  const { tick_size: tickSize, tick_size_steps: list, kind, contract_size: contractSize } = info
  if (typeof tickSize !== 'number' || !(tickSize > 0)) return null
  const steps = (Array.isArray(list) ? (list as readonly unknown[]) : []).flatMap((step) => {
    if (!isJsonObject(step)) return []
    const { above_price: above, tick_size: size } = step
    return typeof above === 'number' && typeof size === 'number' ? [{ above, tickSize: size }] : []
  })
  const isSized = kind === 'future' && typeof contractSize === 'number' && contractSize > 0
  return {
    tickSize,
    steps: steps.toSorted((one, other) => one.above - other.above),
    amountStep: isSized ? contractSize : null,
  }
}
