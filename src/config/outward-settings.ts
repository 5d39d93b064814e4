import type { Environment } from './read-settings.ts'

/**
 * What says where the exchange and the brokers are, how to get in there, and which part of the work is
 * whose: what runs both itself takes none of it from the environment.
 */
const CONNECTION_SETTINGS =
  /^(ROLE|PRODUCER_SHARD|DERIBIT_.*|HTTPS_PROXY(_FILE)?|https_proxy|KAFKA_BROKERS|KAFKA_SSL.*|KAFKA_SASL.*)$/

/** The environment without those settings, and without what `isOther` names. */
export function withoutConnectionSettings(
  environment: Environment,
  isOther: (name: string) => boolean = () => false,
): Record<string, string | undefined> {
  const kept = Object.entries(environment).filter(
    ([name]) => !CONNECTION_SETTINGS.test(name) && !isOther(name),
  )
  return Object.fromEntries(kept)
}
