import type { FaultSwitches } from '../model/fault-switches.ts'
import { FAULTS } from '../simulator/faults/fault-catalogue.ts'
import type { Simulator } from '../simulator/simulator.ts'

/** The faults of a simulated exchange, as the service shows and switches them. */
export function switchesOf({ faults }: Simulator): FaultSwitches {
  return { available: FAULTS, list: () => faults.list(), set: (wanted) => faults.set(wanted) }
}
