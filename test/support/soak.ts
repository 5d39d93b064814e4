import process from 'node:process'

/** True for `npm run test:soak`, which runs whole what `npm test` runs in a short form. */
export const isSoak = process.env['RUN_SOAK_TESTS'] === '1'
