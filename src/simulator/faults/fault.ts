import { AppError } from '../../errors.ts'
import { FAULTS, findFault, type ValueKind } from './fault-catalogue.ts'
import { REFUSALS } from './refusals.ts'

/** One fault that is switched on. */
export interface Fault {
  readonly name: string
  /** As written, or the standard value of the scenario; empty where it has none. */
  readonly value: string
  /** null = all. */
  readonly instruments: readonly string[] | null
}

/** What may be given: the value and the instruments may be left out. */
export interface FaultRequest {
  readonly name: string
  readonly value?: string | number | null
  readonly instruments?: readonly string[] | null
}

const STATES = ['locked', 'inactive', 'halted']

const VALUES: Readonly<Record<ValueKind, { isGood: (value: string) => boolean; allowed: string }>> =
  {
    every: {
      isGood: (value) => value === 'once' || isWhole(value, 1, 1_000_000),
      allowed: 'once or a whole number from 1 to 1000000',
    },
    ms: { isGood: (value) => isWhole(value, 0, 3_600_000), allowed: '0 to 3600000 (ms)' },
    signed_ms: {
      isGood: (value) => isWhole(value, -3_600_000, 3_600_000),
      allowed: '-3600000 to 3600000 (ms)',
    },
    bytes: { isGood: (value) => isWhole(value, 1, 32 << 20), allowed: '1 to 33554432 (bytes)' },
    status: { isGood: (value) => isWhole(value, 500, 599), allowed: '500 to 599' },
    side: { isGood: (value) => value === 'bid' || value === 'ask', allowed: 'bid or ask' },
    id: {
      isGood: (value) => isWhole(value, 1, Number.MAX_SAFE_INTEGER),
      allowed: 'a whole number from 1',
    },
    state: { isGood: (value) => STATES.includes(value), allowed: STATES.join(', ') },
    code: {
      isGood: (value) => Object.hasOwn(REFUSALS, value),
      allowed: Object.keys(REFUSALS).join(', '),
    },
    text: { isGood: (value) => /^[\w-]{0,64}$/.test(value), allowed: 'a name' },
    none: { isGood: (value) => value === '', allowed: 'no value' },
  }

/**
 * Reads `name[=value][@INSTRUMENT+INSTRUMENT]`, comma separated.
 * @throws AppError `ERR_USAGE` with every problem
 */
export function parseScenario(text: string): Fault[] {
  const requests = text
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .map((text): FaultRequest => {
      const [head = '', names] = text.split('@')
      const [name = '', ...value] = head.split('=')
      return {
        name,
        value: value.length === 0 ? null : value.join('='),
        instruments: names === undefined ? null : names.split('+'),
      }
    })
  return checkFaults(requests)
}

/** @throws AppError `ERR_USAGE` with every problem: the scenario, its value and what is allowed */
export function checkFaults(requests: readonly FaultRequest[]): Fault[] {
  const problems: string[] = []
  const faults = requests.flatMap(({ name, value, instruments }) => {
    const definition = findFault(name)
    if (definition === null) {
      problems.push(`scenario ${name}: allowed is ${FAULTS.map((fault) => fault.name).join(', ')}`)
      return []
    }
    const text = value === undefined || value === null ? definition.standard : String(value)
    const { isGood, allowed } = VALUES[definition.value]
    if (!isGood(text)) problems.push(`scenario ${name}=${text}: allowed is ${allowed}`)
    if (instruments !== undefined && instruments !== null && !definition.acceptsInstruments) {
      problems.push(`scenario ${name}@${instruments.join('+')}: allowed is no instrument`)
    }
    return [{ name, value: text, instruments: instruments ?? null }]
  })
  if (problems.length > 0) {
    throw new AppError('ERR_USAGE', problems[0] ?? '', { context: { problems } })
  }
  return faults
}

function isWhole(text: string, min: number, max: number): boolean {
  const value = Number(text)
  return text.trim() !== '' && Number.isInteger(value) && value >= min && value <= max
}
