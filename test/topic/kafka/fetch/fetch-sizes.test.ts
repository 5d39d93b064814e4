import { expect, it } from 'vitest'
import { fetchSizes, resizeFetch } from '../../../../src/topic/kafka/fetch/fetch-hook.ts'

const fetchOf = (maxBytes: number) => ({
  minBytes: 7,
  maxBytes: 7,
  maxWaitTime: 7,
  topics: [{ topic: 'prices', partitions: [{ partition: 0, fetchOffset: '5', maxBytes }] }],
})

it('a fetch returns with the first record while the process is idle', () => {
  expect(resizeFetch(fetchOf(7), fetchSizes(0.49))).toEqual({
    ...fetchOf(1_048_576),
    maxBytes: 33_554_432,
    minBytes: 1,
    maxWaitTime: 100,
  })
})

it('a fetch collects records for at most 20 ms while the process is busy', () => {
  expect(resizeFetch(fetchOf(7), fetchSizes(0.5))).toEqual({
    ...fetchOf(1_048_576),
    maxBytes: 33_554_432,
    minBytes: 65_536,
    maxWaitTime: 20,
  })
})
