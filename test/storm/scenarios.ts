import type { Grace } from './reference-checker.ts'

export const STALE_AFTER_MS = 2000
export const SILENCE_MS = 5000

/** Time in which an unverified value must disappear. */
const UNPROVEN: Grace = { instruments: null, ms: STALE_AFTER_MS + 1000 }
/** No visible effect beyond the delay of the feed. */
const NONE: Grace = { instruments: null, ms: 0 }

export interface Scenario {
  readonly faults: string
  readonly grace: Grace
  readonly durationMs: number
}

const DURATION_MS = 3000
/** Longer than an unverified value may be shown, so that one that stays is detected. */
const OUTAGE_MS = 6000

const calm = (faults: string): Scenario => ({ faults, grace: NONE, durationMs: DURATION_MS })
const out = (faults: string): Scenario => ({ faults, grace: UNPROVEN, durationMs: OUTAGE_MS })
const cut = (faults: string): Scenario => ({ faults, grace: UNPROVEN, durationMs: DURATION_MS })

/** Faults of the exchange, and the allowed age of values during each. */
export function scenariosFor(instruments: readonly string[]): Scenario[] {
  const [one = '', two = ''] = instruments
  return [
    calm('gap=3'),
    // A lost snapshot cannot be detected; the next one replaces it.
    cut('lost-snapshot=3'),
    calm('duplicate=2'),
    // The later snapshot stays until the next one: an earlier one is ignored.
    cut('reorder=3'),
    calm('garbage=2'),
    // The truncated or corrupted snapshot is lost; the last good one is shown until it is stale.
    cut('truncated=4'),
    cut('unsorted=4'),
    cut('non-finite=4'),
    cut('negative=4'),
    calm('delete-unknown=2'),
    calm(`crossed@${one}`),
    calm(`locked@${two}`),
    calm(`one-sided@${one}`),
    calm(`empty@${two}`),
    calm('still'),
    { faults: 'delay=400', grace: { instruments: null, ms: 2500 }, durationMs: DURATION_MS },
    calm('skew=+5000'),
    calm('skew=-5000'),
    cut('data-before-ack,reset'),
    cut('snapshot-with-prev,reset'),
    cut('first-change-prev-zero,reset'),
    cut('change-before-snapshot,reset'),
    cut('stale-change,reset'),
    {
      faults: `silent-subscription@${one}`,
      grace: { instruments: [one], ms: SILENCE_MS + 15_000 },
      durationMs: DURATION_MS,
    },
    out('half-open'),
    out('stall'),
    cut('reset'),
    cut('close-4000'),
    cut('too-slow'),
    cut('flap=700'),
    out('429,reset'),
    out('5xx,reset'),
    cut('rate-limit'),
    cut('server-error,reset'),
    out('no-ack,reset'),
    cut('settlement=1000'),
    cut(`halted@${two}`),
    cut('index-lock'),
    cut('maintenance=1500'),
    calm('reset-ids'),
    calm('listing'),
  ]
}
