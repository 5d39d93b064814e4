import type { BookFrame, Level } from '../../src/model/frames.ts'

/** A book frame with its levels as pairs, which outlive the parser and can be compared. */
export type PlainFrame = Omit<BookFrame, 'bids' | 'asks'> & {
  readonly bids: readonly Level[]
  readonly asks: readonly Level[]
}

/** Turns the levels of a book frame into pairs; returns every other message as it is. */
export function plain<Other extends { readonly type: string }>(
  message: BookFrame | Other,
): PlainFrame | Other {
  if (!isBookFrame(message)) return message
  return { ...message, bids: [...message.bids], asks: [...message.asks] }
}

function isBookFrame(message: { readonly type: string }): message is BookFrame {
  return message.type === 'book'
}
