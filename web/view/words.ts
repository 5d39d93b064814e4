/** Explains why an instrument has no values. */
export interface Words {
  /** State in one or two words. */
  readonly label: string
  readonly why: string
}

const WHY: Readonly<Record<string, string>> = {
  no_snapshot: 'the exchange has not sent a snapshot of this book yet',
  unverified: 'not verified recently',
  producer_stopped: 'its producer no longer writes it',
  sequence_gap: 'frames are missing; a new snapshot was requested',
  backlog: 'older records are still being read',
  clock_or_late_producer: 'records arrive too old: a late producer, or a wrong clock',
  crossed: 'the best bid is above the best ask',
  locked: 'the best bid equals the best ask',
  non_finite: 'an amount or a price is not a number',
  negative: 'an amount or a price is negative',
  unsorted: 'the levels are out of order',
  one_sided: 'one side of the book is empty',
  empty: 'the book has no orders',
  maintenance: 'the exchange is under maintenance',
  settlement: 'the exchange is settling this instrument',
  delivered: 'the instrument has expired and was delivered',
  inactive: 'the exchange lists the instrument as inactive',
  archivized: 'the exchange has archived the instrument',
  no_answer: 'the service does not answer this page',
  no_stream: 'the live stream is interrupted, reconnecting',
  no_event: 'no recent event in the stream',
  not_subscribed: 'values appear when the row is visible',
  not_listed: 'not listed by the service: it has expired, or another process serves it',
  not_asked: 'no data from the service yet',
}

const LABELS: Readonly<Record<string, string>> = {
  catching_up: 'catching up',
  one_sided: 'one-sided',
  unknown: 'unknown',
  gone: 'gone',
}

export function describeAbsence(state: string, reason: string | null): Words {
  const label = LABELS[state] ?? state
  const cause =
    state === 'halted' && (reason === 'locked' || reason === 'halted')
      ? `the exchange has ${reason === 'locked' ? 'locked' : 'halted'} the instrument`
      : (WHY[reason ?? ''] ?? reason ?? 'no reason given')
  return { label, why: cause }
}
