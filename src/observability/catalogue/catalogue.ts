/** Lists every metric of the service. Metric names are written only in the files of this folder. */
export * from './market.ts'
export * from './quality.ts'
export * from './feed.ts'
export * from './topic.ts'
export * from './lag.ts'
export * from './process.ts'
export * from './tracing.ts'
