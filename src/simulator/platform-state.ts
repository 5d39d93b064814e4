/** What holds for the whole exchange. */
export class PlatformState {
  /** Indices whose instruments are all locked. */
  readonly lockedIndices = new Set<string>()
  /** Requests are answered 11051. */
  isInMaintenance = false
  /** Upgrades are refused with HTTP 503. */
  isClosed = false
}
