import { startBroker, type BrokerOptions } from '../../tools/kafka/broker.ts'
import { findFreePorts } from '../../tools/kafka/free-port.ts'
import { registerCleanUp } from './clean-up.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** A broker of one test, which may kill and restart it on the same ports and data. */
export async function ownBroker(place: BrokerOptions) {
  const broker = await startBroker(place)
  registerCleanUp(() => broker.stop())
  return broker
}

/** Ports and data folder of a restartable broker. */
export async function brokerPlace() {
  const [port = 0, controllerPort = 0] = await findFreePorts(2)
  return { port, controllerPort, dataFolder: temporaryFolder() }
}
