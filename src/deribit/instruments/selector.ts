/** What INSTRUMENTS names in one word: an instrument, or all of a kind and currency. */
export type Selector =
  | { readonly type: 'name'; readonly instrument: string }
  | { readonly type: 'all'; readonly kind: SelectedKind; readonly currency: string }

/** `any` = future, option, spot. Combos are taken by their names only. */
export type SelectedKind = 'future' | 'option' | 'spot' | 'any'

/** One call of `public/get_instruments`. */
export interface ListingCall {
  readonly kind: 'future' | 'option' | 'spot'
  readonly currency: string
}

const KINDS = ['future', 'option', 'spot'] as const

/** Reads `NAME` or `kind:CURRENCY`; the setting was checked before. */
export function parseSelector(name: string): Selector {
  const [kind = '', currency] = name.split(':')
  if (currency === undefined) return { type: 'name', instrument: name }
  return { type: 'all', kind: kind as SelectedKind, currency }
}

/** The calls that a selector needs. */
export function callsOf({ kind, currency }: Selector & { type: 'all' }): ListingCall[] {
  return (kind === 'any' ? KINDS : [kind]).map((one) => ({ kind: one, currency }))
}
