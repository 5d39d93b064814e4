import { findFreePort } from '../../tools/kafka/free-port.ts'

/** Only for programs that cannot listen on port 0 and report their port; ours can. */
export const freePort = findFreePort
