import { Type } from 'typebox'
import { AppError } from '../../errors.ts'
import type { FaultKind, FaultSwitches } from '../../model/faults.ts'
import { PROBLEM_KINDS, PROBLEM_RESPONSES, ProblemError } from '../errors/problem.ts'
import type { TypedApp } from '../typed-app.ts'

const MAX_FAULTS = 100
const MAX_INSTRUMENTS = 100

const InstrumentNames = Type.Unsafe<string[] | null>({
  type: ['array', 'null'],
  items: { type: 'string' },
  maxItems: MAX_INSTRUMENTS,
})

const WantedFaults = Type.Object({
  faults: Type.Array(
    Type.Object({
      name: Type.String(),
      value: Type.Optional(Type.Unsafe<string | null>({ type: ['string', 'null'] })),
      instruments: Type.Optional(InstrumentNames),
    }),
    { maxItems: MAX_FAULTS },
  ),
})

const Faults = Type.Object({
  faults: Type.Array(
    Type.Object({ name: Type.String(), value: Type.String(), instruments: InstrumentNames }),
  ),
  available: Type.Array(
    Type.Object({
      name: Type.String(),
      lasts: Type.Unsafe<FaultKind['lasts']>({ type: 'string', enum: ['state', 'event'] }),
      standard: Type.String(),
      acceptsInstruments: Type.Boolean(),
      what: Type.String(),
    }),
  ),
})

/** Adds the fault switches of the simulated exchange, for the page in demo mode. Not part of the API. */
export function addFaultsRoute(app: TypedApp, switches: FaultSwitches): void {
  const answer = () => ({
    faults: switches.list().map(({ name, value, instruments }) => ({
      name,
      value,
      instruments: instruments === null ? null : [...instruments],
    })),
    available: [...switches.available],
  })
  const response = { 200: Faults, ...PROBLEM_RESPONSES }
  app.get('/demo/faults', { schema: { hide: true, response } }, answer)
  app.put('/demo/faults', { schema: { hide: true, body: WantedFaults, response } }, (request) => {
    try {
      switches.set(request.body.faults)
    } catch (error) {
      throw toProblem(error)
    }
    return answer()
  })
}

function toProblem(error: unknown): unknown {
  if (!(error instanceof AppError) || error.code !== 'ERR_USAGE') return error
  const problems = error.context['problems']
  return new ProblemError(PROBLEM_KINDS.badRequest, error.message, { problems })
}
