import type { Broker, Cluster } from 'kafkajs'

type LookupRequest<MakeExchange> = (apiKey: number, definition: unknown) => MakeExchange

/** Missing in the types of kafkajs: finds the version of a request that both ends support. */
type BrokerWithLookup<MakeExchange> = Broker & { lookupRequest: LookupRequest<MakeExchange> }

/**
 * Replaces how the brokers of a kafkajs cluster make one kind of request and read its response; kafkajs
 * has no extension point for it. Survives reconnects, each of which gives a broker a new `lookupRequest`.
 * @param apiKey of the request, from the protocol of Kafka
 * @param wrap gets the function that makes request and response from parameters, and returns ours
 */
export function hookRequests<MakeExchange>(
  cluster: Cluster,
  apiKey: number,
  wrap: (make: MakeExchange) => MakeExchange,
): void {
  const findBroker = cluster.findBroker.bind(cluster)
  const ours = new WeakSet<LookupRequest<MakeExchange>>()
  cluster.findBroker = async (node) => {
    const broker = (await findBroker(node)) as BrokerWithLookup<MakeExchange>
    const lookupRequest = broker.lookupRequest
    // A broker has a new connection after each reconnect.
    if (!ours.has(lookupRequest)) {
      broker.lookupRequest = (key, definition) => {
        const make = lookupRequest(key, definition)
        return key === apiKey ? wrap(make) : make
      }
      ours.add(broker.lookupRequest)
    }
    return broker
  }
}
