import { registerCleanUp } from '../support/clean-up.ts'
import * as frames from '../support/frames.ts'
import { FakeDeribit } from '../deribit/fake-deribit.ts'

export interface BookSource {
  /** First frame of a new subscription. */
  snapshot: (changeId: number, nowMs: number) => string
  /** Next frame every `intervalMs`; null = none. */
  next: (changeId: number, previousChangeId: number, nowMs: number) => string | null
}

/** An exchange in real time with the books of a test; its other channels are silent. */
export async function exchangeOfBooks(
  books: Readonly<Record<string, BookSource>>,
  intervalMs = 100,
): Promise<FakeDeribit> {
  const exchange = await FakeDeribit.start()
  let changeId = 1000
  const changeIds = new Map<string, number>()
  const next = (channel: string): [number, number] => {
    const previous = changeIds.get(channel) ?? changeId
    changeId += 1
    changeIds.set(channel, changeId)
    return [changeId, previous]
  }
  const subscribed = new Set<string>()
  exchange.answer = ({ id, method, params }, link) => {
    const channels = params.channels ?? []
    if (method === 'public/unsubscribe') for (const channel of channels) subscribed.delete(channel)
    if (method !== 'public/subscribe') return undefined
    for (const channel of channels) {
      const book = books[channel]
      subscribed.add(channel)
      if (book === undefined) continue
      queueMicrotask(() => {
        link.send(book.snapshot(next(channel)[0], Date.now()))
      })
    }
    return frames.answer(id, JSON.stringify(channels))
  }
  const timer = setInterval(() => {
    const link = exchange.links.at(-1)
    if (link === undefined || link.isClosed) return
    for (const channel of subscribed) {
      const text = books[channel]?.next(...next(channel), Date.now()) ?? null
      if (text !== null) link.send(text)
    }
  }, intervalMs)
  registerCleanUp(() => clearInterval(timer))
  return exchange
}
