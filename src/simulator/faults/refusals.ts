/** Error codes with which one channel fails a whole subscribe call, with their messages. */
export const REFUSALS: Readonly<Record<string, string>> = {
  '11052': 'subscribe_error_unsubscribed',
  '13778': 'raw_subscriptions_not_available_for_unauthorized',
  '11060': 'not_supported_for_coinbase_routed_spot',
  '13020': 'not_found',
  '10020': 'invalid_or_unsupported_instrument',
}
