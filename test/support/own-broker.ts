import { startBroker, type BrokerOptions } from '../../tools/kafka/broker.ts'
import { registerCleanUp } from './clean-up.ts'
import { freePort } from './free-port.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** A broker of the test's own, that it may kill and start again at the same place. */
export async function ownBroker(place: BrokerOptions) {
  const broker = await startBroker(place)
  registerCleanUp(() => broker.stop())
  return broker
}

/** Where a broker can be started again and again. */
export async function brokerPlace() {
  return { port: await freePort(), controllerPort: await freePort(), dataFolder: temporaryFolder() }
}
