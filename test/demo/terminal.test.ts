import { expect, it, vi } from 'vitest'
import { type DemoReading, DemoTerminal } from '../../src/demo/terminal.ts'
import { FakePipeline } from '../http/fakes.ts'
import { Screen } from './screen.ts'

const READING: DemoReading = {
  readMs: 0,
  instruments: [],
  pipeline: new FakePipeline().read(),
}

it('updates the status every second below the log and clears it at the end', () => {
  vi.useFakeTimers()
  const screen = new Screen()
  const terminal = new DemoTerminal(screen)
  terminal.start(() => READING)
  vi.advanceTimersByTime(1000)
  expect(screen.lines).toEqual([expect.stringMatching(/^0\/0 books live/)])
  terminal.output.write('a line of the log\n')
  expect(screen.lines).toEqual(['a line of the log', expect.stringMatching(/^0\/0 books live/)])
  terminal.stop()
  vi.advanceTimersByTime(5000)
  expect(screen.lines).toEqual(['a line of the log', ''])
  vi.useRealTimers()
})

it('writes plain lines without a status into a pipe', () => {
  vi.useFakeTimers()
  const written: string[] = []
  const terminal = new DemoTerminal({ write: (text: string) => written.push(text) })
  terminal.start(() => READING)
  vi.advanceTimersByTime(5000)
  terminal.print('hello\n')
  terminal.output.write('a line of the log\n')
  terminal.stop()
  expect(written).toEqual(['hello\n', 'a line of the log\n'])
  vi.useRealTimers()
})
