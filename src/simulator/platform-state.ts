/** What `public/status` tells. */
export class PlatformState {
  /** Indices whose instruments are all locked. */
  readonly lockedIndices = new Set<string>()
  isInMaintenance = false
  /** False while the exchange answers public requests of logged-in clients only (11056). */
  allowsAnonymous = true
}
