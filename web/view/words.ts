/** Why an instrument has no value, in words. */
export interface Words {
  /** One or two words. */
  readonly label: string
  readonly why: string
}

const WHY: Readonly<Record<string, string>> = {
  no_snapshot: 'the exchange has not sent a snapshot of this book yet',
  unverified: 'no proof that it is still true',
  sequence_gap: 'frames are missing; a fresh snapshot was asked for',
  backlog: 'older records are still being read',
  clock_or_late_producer: 'records arrive too old: a late producer, or a wrong clock',
  crossed: 'the best bid is above the best ask',
  locked: 'the best bid equals the best ask',
  non_finite: 'an amount or a price is no number',
  negative: 'an amount or a price is negative',
  unsorted: 'the levels are out of order',
  one_sided: 'one side of the book is empty',
  empty: 'the book has no orders at all',
  maintenance: 'the exchange is under maintenance',
  settlement: 'the exchange is settling this instrument',
  delivered: 'the instrument has expired and was delivered',
  inactive: 'the exchange lists the instrument as inactive',
  archivized: 'the exchange has put the instrument away',
  no_answer: 'the service does not answer this page',
  no_stream: 'the live stream is interrupted; it is being opened again',
  no_event: 'the stream says nothing of it',
  not_subscribed: 'values follow when it is in sight',
  not_listed: 'the service does not list it: it has expired, or another process answers for it',
  not_asked: 'the service has not said anything of it yet',
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
      : (WHY[reason ?? ''] ?? reason ?? 'no reason was given')
  return { label, why: cause }
}
