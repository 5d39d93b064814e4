/**
 * Upper bounds of the buckets of every lag and duration, in seconds: a bound added here appears in
 * every histogram of time. Neighbouring bounds differ by a factor of 3 at most.
 */
export const LAG_BUCKETS_SECONDS = [
  0.000005, 0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
  0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
] as const

/** Upper bounds of the buckets of the number of records in a batch. */
export const BATCH_RECORDS_BUCKETS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000,
] as const
