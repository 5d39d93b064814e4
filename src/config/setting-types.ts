import { Type, type TSchema, type TSchemaOptions } from 'typebox'

/**
 * What every setting says of itself beside its type: one sentence for `--help`, and what is
 * allowed, in words that complete an error message.
 */
export interface SettingOptions extends TSchemaOptions {
  description: string
  allowed: string
  /** The value is never repeated, and may stand in a file that `<NAME>_FILE` names. */
  isSecret?: boolean
  /** The value may hold a user and a password, which are not repeated; it may stand in a file too. */
  hidesUser?: boolean
  /** Another name that is read where this one is unset. */
  alias?: string
}

export const integer = (minimum: number, maximum: number, fallback: number, description: string) =>
  Type.Integer({
    minimum,
    maximum,
    default: fallback,
    description,
    allowed: `a whole number from ${minimum} to ${maximum}`,
  } satisfies SettingOptions & { minimum: number; maximum: number })

export const oneOf = <const Values extends readonly string[]>(
  values: Values,
  fallback: Values[number],
  description: string,
) =>
  // A union of mapped literals would have the type `never`, which fits everywhere.
  Type.Unsafe<Values[number]>(
    Type.Union(
      values.map((value) => Type.Literal(value)),
      {
        default: fallback,
        description,
        allowed: `one of ${values.join(', ')}`,
      } satisfies SettingOptions,
    ),
  )

export const text = (pattern: string, options: SettingOptions) =>
  Type.String({ ...options, pattern })

/** The file itself is checked where it is read. */
export const pemFile = (description: string) =>
  Type.Optional(
    text('^.{1,4096}$', { description, allowed: 'the path of a PEM file that can be read' }),
  )

export const list = <Item extends TSchema>(
  item: Item,
  options: SettingOptions & { maxItems?: number },
) => Type.Array(item, { minItems: 1, uniqueItems: true, ...options })
