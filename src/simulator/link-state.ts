/** The state of the line between the exchange and its clients; scenarios change it. */
export class LinkState {
  /** Every frame to a client comes this much later, ms. */
  delayMs = 0
  /** Every request is read this much later, ms. */
  requestDelayMs = 0
  /** Nothing is sent and nothing is answered; what would have been sent is lost. */
  isSilent = false
}
