const FIRST_CHANGE_ID = 100_000_000_000
const TIMESTAMP = /"timestamp":\d{13}/
const CHANGE_ID = /"change_id":\d+/
const FIRST_AMOUNT = /"bids":\[\[[^,]+,(?=[1-9])/
const CHANNEL = /"channel":"(book\.[^"]+)"/
const MAX_CHANGES_OF_AMOUNT = 9

/** How the exchange begins every notification. */
const USUAL_START = '{"jsonrpc":"2.0","method":"subscription","params":{"channel":'

/** A notification as a WebSocket frame, of which only numbers of constant width change. */
export interface FrameTemplate {
  readonly channel: string
  /** The next frame, in a part of its own; valid until the next call of this template. */
  next(nowMs: number): Buffer
}

/** Null for anything but a notification of a book of 126 to 65,535 bytes. */
export function bookTemplate(given: string): FrameTemplate | null {
  const channel = CHANNEL.exec(given)?.[1]
  if (channel === undefined) return null
  const text = given.startsWith(USUAL_START) ? given : usualLayout(given)
  const body = Buffer.from(text.replace(CHANGE_ID, `"change_id":${FIRST_CHANGE_ID}`), 'latin1')
  if (body.length < 126 || body.length > 65_535) return null
  const layout = body.toString('latin1')
  const header = Buffer.of(0x81, 126, body.length >> 8, body.length & 0xff)
  const frame = Buffer.concat([header, body])
  const endOf = (pattern: RegExp) => {
    const match = pattern.exec(layout)
    return match === null ? -1 : header.length + match.index + match[0].length
  }
  const timestampEnd = endOf(TIMESTAMP)
  const changeIdEnd = endOf(CHANGE_ID)
  const amountAt = endOf(FIRST_AMOUNT)
  let changeId = FIRST_CHANGE_ID
  return {
    channel,
    next(nowMs) {
      changeId += 1
      writeDigits(frame, timestampEnd, nowMs)
      writeDigits(frame, changeIdEnd, changeId)
      if (amountAt >= 0) frame[amountAt] = 0x31 + (changeId % MAX_CHANGES_OF_AMOUNT)
      return frame
    },
  }
}

/**
 * The same notification as the exchange writes it. The simulator varies the layout of some of its
 * messages to test readers; here each would be repeated for as long as the channel lives.
 */
function usualLayout(text: string): string {
  const { params } = JSON.parse(text) as { params: { channel: string; data: object } }
  const { channel, data } = params
  return JSON.stringify({ jsonrpc: '2.0', method: 'subscription', params: { channel, data } })
}

/** Writes a whole number whose last digit is before `end`; it has as many digits as before. */
function writeDigits(frame: Buffer, end: number, number: number): void {
  let rest = number
  for (let at = end - 1; rest > 0; at -= 1) {
    frame[at] = 0x30 + (rest % 10)
    rest = Math.floor(rest / 10)
  }
}
