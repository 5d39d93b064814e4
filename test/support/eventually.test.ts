import { describe, expect, it } from 'vitest'
import { eventually } from './eventually.ts'

describe('eventually', () => {
  it('returns the first value that is not false, and ignores errors before it', async () => {
    const answers = [
      () => {
        throw new Error('early')
      },
      () => false as const,
      () => 7,
      () => 8,
    ]
    expect(await eventually(() => answers.shift()?.(), { intervalMs: 1 })).toBe(7)
  })

  it('reports the error of the last probe at the deadline', async () => {
    const cause = new Error('still 3 of 4')
    const waiting = eventually(
      () => {
        throw cause
      },
      { timeoutMs: 30, intervalMs: 1 },
    )
    await expect(waiting).rejects.toMatchObject({
      message: 'not within 30 ms: still 3 of 4',
      cause,
    })
  })

  it('does not wait for a probe that hangs', async () => {
    const waiting = eventually(() => new Promise<true>(() => undefined), { timeoutMs: 30 })
    await expect(waiting).rejects.toThrow('the first probe did not finish')
  })
})
