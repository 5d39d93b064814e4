/** Every metric of the service. The files behind this one are the only ones that write a metric's name. */
export * from './catalogue/market.ts'
export * from './catalogue/market-detail.ts'
export * from './catalogue/quality.ts'
export * from './catalogue/feed.ts'
export * from './catalogue/topic.ts'
export * from './catalogue/lag.ts'
export * from './catalogue/process.ts'
export * from './catalogue/tracing.ts'
