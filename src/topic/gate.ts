/**
 * Awaited before a consumer hands over what it fetched; null = nothing holds it. For tests and for
 * trying out how the service shows a reader that is slow or hangs.
 */
export type BeforeBatch = (() => Promise<void>) | null
