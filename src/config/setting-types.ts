import { Type, type TSchema, type TSchemaOptions } from 'typebox'

/**
 * Texts and properties of a setting. `description` is one phrase for `--help`; `allowed` describes the
 * valid values, for `--help` and after `expected` in error messages.
 */
export interface SettingOptions extends TSchemaOptions {
  description: string
  allowed: string
  /** The value is never shown, and may come from the file named by `<NAME>_FILE`. */
  isSecret?: boolean
  /** The value may contain a user and a password, which are never shown; it may come from a file too. */
  redactsUser?: boolean
  /** Another name that is read if this one is unset. */
  alias?: string
  /** Another default, where another setting has a certain value. */
  otherDefault?: OtherDefault
}

export interface OtherDefault {
  /** The other setting, and its value. */
  readonly where: readonly [name: string, value: unknown]
  readonly default: unknown
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
  // A union of mapped literals would have the type `never`, which is assignable to everything.
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

/** The path of a PEM file. The file is checked when it is read. */
export const pemFile = (description: string) =>
  Type.Optional(text('^.{1,4096}$', { description, allowed: 'the path of a readable PEM file' }))

export const list = <Item extends TSchema>(
  item: Item,
  options: SettingOptions & { maxItems?: number },
) => Type.Array(item, { minItems: 1, uniqueItems: true, ...options })
