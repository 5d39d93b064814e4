import process from 'node:process'

/** True for `npm run test:soak`, which runs the long form of these tests. */
export const isSoak = process.env['RUN_SOAK_TESTS'] === '1'
