import { startBroker, type BrokerOptions } from '../../tools/kafka/broker.ts'
import { findFreePorts } from '../../tools/kafka/free-port.ts'
import { registerCleanUp } from './clean-up.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** A broker of the test's own, that it may kill and start again at the same place. */
export async function ownBroker(place: BrokerOptions) {
  const broker = await startBroker(place)
  registerCleanUp(() => broker.stop())
  return broker
}

/** Where a broker can be started again and again. */
export async function brokerPlace() {
  const [port = 0, controllerPort = 0] = await findFreePorts(2)
  return { port, controllerPort, dataFolder: temporaryFolder() }
}
