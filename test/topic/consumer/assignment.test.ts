import { expect, it } from 'vitest'
import { Assignment } from '../../../src/topic/consumer/assignment.ts'

const owning = (...partitions: number[]) =>
  partitions.map((partition) => ({ topic: 'prices', partition }))

it('is read to its end once every partition of the topic is, until another is assigned', () => {
  const assignment = new Assignment(['prices', 'trades'])
  expect(assignment.isReadToEnd('prices')).toBe(false)
  const { gained } = assignment.assign([...owning(0, 2), { topic: 'trades', partition: 0 }])
  for (const state of gained.filter(({ topic }) => topic === 'prices')) {
    expect(assignment.isReadToEnd('prices')).toBe(false)
    state.readToEndMonotonicMs = 1
  }
  expect(assignment.isReadToEnd('prices')).toBe(true)
  assignment.assign(owning(0, 2, 3))
  expect(assignment.isReadToEnd('prices')).toBe(false)
  assignment.assign(owning(0, 2))
  expect(assignment.isReadToEnd('prices')).toBe(true)
})
