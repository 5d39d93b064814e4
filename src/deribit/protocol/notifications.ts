import type { FeedSink } from '../../model/feed.ts'
import { HALT_REASONS, type InstrumentStatus } from '../../model/status.ts'
import { isObject } from './messages.ts'

/** Channel of the platform state: locks of price indices, maintenance. */
export const PLATFORM_STATE_CHANNEL = 'platform_state'
/** Channel of the status of all instruments: open, settlement, delivered and others. */
export const INSTRUMENT_STATE_CHANNEL = 'instrument.state.any.any'

const STATUSES: readonly string[] = ['open', ...HALT_REASONS]

/** Receives what the exchange reports of instruments and of the platform. */
export type NotificationSink = Pick<
  FeedSink,
  'onInstrumentStatus' | 'onMaintenance' | 'onIndexLock'
>

/**
 * Passes notifications of the platform or an instrument to the sink; false for all others. `platform_state` is
 * noisy (151 frames in 57 s were observed in normal operation), so the sink acts on transitions only.
 */
export function onNotification(
  message: { readonly channel: string; readonly data: unknown },
  sink: NotificationSink,
): boolean {
  const { channel, data } = message
  if (!isObject(data)) return false
  if (channel === PLATFORM_STATE_CHANNEL) {
    const { maintenance, price_index: priceIndex, locked } = data
    if (typeof maintenance === 'boolean') sink.onMaintenance(maintenance)
    if (typeof priceIndex === 'string' && typeof locked === 'boolean') {
      sink.onIndexLock(priceIndex, locked)
    }
    return true
  }
  if (!channel.startsWith('instrument.state.')) return false
  const { instrument_name: instrument, state } = data
  if (typeof instrument === 'string' && isInstrumentStatus(state))
    sink.onInstrumentStatus(instrument, state)
  return true
}

export function isInstrumentStatus(state: unknown): state is InstrumentStatus {
  return typeof state === 'string' && STATUSES.includes(state)
}
