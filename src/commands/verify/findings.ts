import { CHECKS, type CheckDefinition, type CheckId } from './checks/catalogue.ts'

/** Where something was found, and what. */
export interface Example {
  /** Line of the recording, from 1; of a live check, the number of the frame. */
  readonly line: number
  readonly detail: string
  /** Start of the frame. */
  readonly excerpt: string
}

/** - `contradicted`: the exchange did something else at least once; - `not_seen`: no occasion. */
export type CheckOutcome = 'holds' | 'contradicted' | 'not_seen'

export interface CheckResult extends CheckDefinition {
  readonly outcome: CheckOutcome
  /** Number of occasions on which the claim was checked. */
  readonly seen: number
  readonly contradictions: number
  readonly example: Example | null
  /** Different details of contradictions, by number, at most 20. */
  readonly kinds: Readonly<Record<string, number>>
  /** Known exceptions: behaviour that the protocol reference describes as rare or old. */
  readonly exceptions: number
  readonly exceptionExample: Example | null
}

interface CheckCount {
  seen: number
  contradictions: number
  example: Example | null
  readonly kinds: Map<string, number>
  exceptions: number
  exceptionExample: Example | null
}

const EXCERPT_CHARACTERS = 300
const MAX_KINDS = 20

/** Collects what the checks find. Memory does not grow with the recording. */
export class Findings {
  readonly #counts = new Map<CheckId, CheckCount>(
    CHECKS.map(({ id }) => [
      id,
      {
        seen: 0,
        contradictions: 0,
        example: null,
        kinds: new Map<string, number>(),
        exceptions: 0,
        exceptionExample: null,
      },
    ]),
  )
  #line = 0
  #raw = ''

  /** Sets the frame that the next findings are about. */
  at(line: number, raw: string): void {
    this.#line = line
    this.#raw = raw
  }

  /** Counts an occasion; `isTrue` false is a contradiction with this detail. */
  check(id: CheckId, isTrue: boolean, detail: string | (() => string)): void {
    this.#of(id).seen += 1
    if (!isTrue) this.contradict(id, typeof detail === 'string' ? detail : detail())
  }

  /** Counts a contradiction of an occasion that was counted. */
  contradict(id: CheckId, detail: string): void {
    const count = this.#of(id)
    count.seen = Math.max(1, count.seen)
    count.contradictions += 1
    count.example ??= this.#example(detail)
    if (count.kinds.has(detail) || count.kinds.size < MAX_KINDS) {
      count.kinds.set(detail, (count.kinds.get(detail) ?? 0) + 1)
    }
  }

  /** Counts an occasion on which the exchange used a known exception. */
  except(id: CheckId, detail: string): void {
    const count = this.#of(id)
    count.seen += 1
    count.exceptions += 1
    count.exceptionExample ??= this.#example(detail)
  }

  results(): CheckResult[] {
    return CHECKS.map((definition) => {
      const count = this.#of(definition.id)
      const isSeen = count.contradictions > 0 ? 'contradicted' : 'holds'
      const outcome = count.seen === 0 ? 'not_seen' : isSeen
      return { ...definition, outcome, ...count, kinds: Object.fromEntries(count.kinds) }
    })
  }

  #of(id: CheckId): CheckCount {
    return this.#counts.get(id) as CheckCount
  }

  #example(detail: string): Example {
    return { line: this.#line, detail, excerpt: this.#raw.slice(0, EXCERPT_CHARACTERS) }
  }
}
