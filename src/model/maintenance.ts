/** After its notice of maintenance the exchange disconnects everybody within this. */
export const MAINTENANCE_CUTS_WITHIN_MS = 10_000
/** Maintenance that nobody ended is believed for so long. */
export const MAX_MAINTENANCE_MS = 3_600_000
