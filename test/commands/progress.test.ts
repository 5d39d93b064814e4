import { Writable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Progress } from '../../src/commands/progress.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** A stream that keeps what is written to it, and the progress of a command that counts. */
function progressOn(terminal: { isTTY?: boolean; columns?: number }) {
  const texts: string[] = []
  const stream = Object.assign(
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        texts.push(String(chunk))
        done()
      },
    }),
    terminal,
  )
  let records = 0
  const progress = new Progress(stream, () => `${(records += 1)} records`)
  return { progress, text: () => texts.join('') }
}

describe('the progress of a command', () => {
  it('is a plain line every ten seconds without a terminal', () => {
    const { progress, text } = progressOn({})
    vi.advanceTimersByTime(9999)
    expect(text()).toBe('')
    vi.advanceTimersByTime(20_001)
    expect(text()).toBe('1 records\n2 records\n3 records\n')
    progress.end('done')
    vi.advanceTimersByTime(60_000)
    expect(text()).toBe('1 records\n2 records\n3 records\ndone\n')
  })

  it('is one line of a terminal that is rewritten every second', () => {
    const { progress, text } = progressOn({ isTTY: true, columns: 80 })
    vi.advanceTimersByTime(3000)
    for (const count of [1, 2, 3]) expect(text()).toContain(`${count} records`)
    expect(text()).toContain('\u001B[')
    expect(text()).not.toContain('records\n')
    progress.end('done')
    expect(text()).toMatch(/done\n$/)
  })
})
