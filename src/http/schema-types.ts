import { Type, type TUnsafe } from 'typebox'

interface NullableTypes {
  number: number
  integer: number
  string: string
  boolean: boolean
}

/**
 * A value or null, as one schema with two types: the serializer decides by `typeof`, where it would
 * run a validator for each member of a union.
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
