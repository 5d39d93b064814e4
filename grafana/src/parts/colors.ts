import {
  FieldColorModeId,
  MappingType,
  ThresholdsMode,
  type FieldColor,
  type ThresholdsConfig,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard'

export const GOOD = 'green'
export const NEUTRAL = 'blue'
export const DOUBTFUL = 'orange'
export const BAD = 'red'

/** Sides of the book, and of the taker. */
export const SIDE_COLORS = { bid: 'green', ask: 'red', buy: 'green', sell: 'red' } as const

/** Colours by the thresholds of the panel. */
export const BY_LIMIT: FieldColor = { mode: FieldColorModeId.Thresholds }

/** A colour per series name, the same on all graphs. */
export const BY_NAME: FieldColor = { mode: FieldColorModeId.PaletteClassicByName }

/** Palette in the order of the series, so that few series never have the same colour. */
export const BY_ORDER: FieldColor = { mode: FieldColorModeId.PaletteClassic }

export const PLAIN_COLOR = '#6e7178'
/** Neutral colour. */
export const PLAIN = fixedColor(PLAIN_COLOR)

export function fixedColor(color: string): FieldColor {
  return { mode: FieldColorModeId.Fixed, fixedColor: color }
}

/** Good below the limit, bad from it on. */
export function limitAbove(limit: number): ThresholdsConfig {
  return steps([null, GOOD], [limit, BAD])
}

/** Only zero is good. */
export const ONLY_NOUGHT = steps([null, BAD], [0, GOOD], [1e-9, BAD])

/** Doubtful from 1 on, as a warning is. */
export const DOUBTFUL_FROM_ONE = steps([null, GOOD], [1, DOUBTFUL])

/** Good from the limit on, bad below. */
export function limitBelow(limit: number): ThresholdsConfig {
  return steps([null, BAD], [limit, GOOD])
}

function steps(...list: readonly [value: number | null, color: string][]): ThresholdsConfig {
  return {
    mode: ThresholdsMode.Absolute,
    steps: list.map(([value, color]) => ({ value, color })),
  }
}

/** Text and colour of single values. */
export function words(
  of: Readonly<Record<string, readonly [text: string, color: string]>>,
): ValueMapping[] {
  const options = Object.fromEntries(
    Object.entries(of).map(([value, [text, color]], index) => [value, { text, color, index }]),
  )
  return [{ type: MappingType.ValueToText, options }]
}
