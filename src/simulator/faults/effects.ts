import { createExchangeEffects, type ExchangeEffectsDeps } from './exchange-effects.ts'
import type { Effect } from './fault-board.ts'
import { createConnectionEffects, type ConnectionEffectsDeps } from './line-effects.ts'
import { createMaintenance } from './maintenance.ts'
import { createMarketEffects } from './market-effects.ts'

export type EffectsDeps = ExchangeEffectsDeps & ConnectionEffectsDeps

/** What switching a fault does; faults that are looked up in passing are not among them. */
export function createEffects(deps: EffectsDeps): Readonly<Record<string, Effect>> {
  return {
    ...createConnectionEffects(deps),
    ...createMarketEffects(deps),
    ...createExchangeEffects(deps),
    maintenance: createMaintenance(deps),
  }
}
