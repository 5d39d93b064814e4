import { type TUnsafe, Type } from 'typebox'
import { BOOK_STATES, type BookState } from '../../model/status.ts'

interface NullableTypes {
  number: number
  integer: number
  string: string
  boolean: boolean
}

/**
 * Creates the schema of a value or null, as one schema with two types: the serializer checks `typeof`
 * instead of running a validator for each member of a union.
 */
export function nullable<Name extends keyof NullableTypes>(
  type: Name,
  description?: string,
): TUnsafe<NullableTypes[Name] | null> {
  return Type.Unsafe<NullableTypes[Name] | null>({
    type: [type, 'null'],
    ...(description === undefined ? {} : { description }),
  })
}

/** Creates the schema of an object whose keys depend on the configuration. */
export function byName<Value>(schema: object, description: string): TUnsafe<Record<string, Value>> {
  return Type.Unsafe({ type: 'object', additionalProperties: schema, description })
}

/** Fields of an instrument in every state. */
export const stateFields = {
  instrument: Type.String({ description: 'instrument name at Deribit' }),
  state: Type.Unsafe<BookState>({ type: 'string', enum: [...BOOK_STATES] }),
  reason: nullable('string', 'reason of the state; null if the state needs no reason'),
  sinceMs: Type.Number({
    description: 'start of this state by the clock of this process, epoch ms',
  }),
}

/** Replaces NaN and infinity, which JSON cannot represent, by null. */
export function finite(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null
}
