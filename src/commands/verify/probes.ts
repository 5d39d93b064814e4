import type { Call } from '../../deribit/capture/capture.ts'

/** Requests whose answers are documented as errors, or as lists without the channel. */
const UNKNOWN_INSTRUMENT = 'NO-SUCH-INSTRUMENT'

/**
 * Makes the calls of a live check that a capture alone does not make: every method that the service
 * may use, and bad requests whose answers are part of the protocol. Changes nothing on the exchange.
 */
export async function probe(call: Call, channels: readonly string[]): Promise<void> {
  const book = channels.find((channel) => /^book\.[^.]+\.100ms$/.test(channel))
  const instrument = book?.split('.')[1]
  await call('public/test', {})
  await call('public/get_time', {})
  await call('public/status', {})
  if (instrument !== undefined) {
    await call('public/ticker', { instrument_name: instrument })
    await call('public/get_order_book', { instrument_name: instrument, depth: 10 })
  }
  await call('public/get_instrument', { instrument_name: UNKNOWN_INSTRUMENT })
  await call('public/no_such_method', {})
  await call('public/test', { expected_result: 'exception' })
  await call('public/set_heartbeat', { interval: 5 })
  await call('public/subscribe', { channels: [`book.${UNKNOWN_INSTRUMENT}.100ms`] })
  if (book === undefined || instrument === undefined) return
  // Twice: the second time must bring no snapshot.
  await call('public/subscribe', { channels: [book] })
  await call('public/subscribe', { channels: [`book.${instrument}.raw`] })
  // Again after the end of the subscription: must bring a snapshot.
  await call('public/unsubscribe', { channels: [book] })
  await call('public/subscribe', { channels: [book] })
}
