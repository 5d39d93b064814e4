/** Every metric of the service. The files behind this one are the only ones that write a metric's name. */
export * from './market.ts'
export * from './quality.ts'
export * from './feed.ts'
export * from './topic.ts'
export * from './lag.ts'
export * from './process.ts'
export * from './tracing.ts'
