type NumberKind = 'time' | 'change' | 'trade_seq' | 'trade_id'

interface CutNumber {
  readonly kind: NumberKind
  readonly digits: string
}

/** A frame cut at the numbers that are changed on replay; everything between stays byte for byte. */
export interface CutFrame {
  readonly pieces: readonly (string | CutNumber)[]
}

/**
 * `"timestamp"` with its quotes, so that `starbase_timestamp` is not meant. Ids are those that a
 * reader chains or counts on; `trade_id` is a text of digits, with a prefix outside BTC.
 */
const NUMBERS =
  /("(timestamp|change_id|prev_change_id|trade_seq)"\s*:\s*|"(trade_id)"\s*:\s*"(?:[A-Z_]+-)?)(\d+)/g

const KINDS: Readonly<Record<string, NumberKind>> = {
  timestamp: 'time',
  change_id: 'change',
  prev_change_id: 'change',
  trade_seq: 'trade_seq',
  trade_id: 'trade_id',
}

export function cutFrame(raw: string): CutFrame {
  const pieces: (string | CutNumber)[] = []
  let at = 0
  for (const match of raw.matchAll(NUMBERS)) {
    const [whole, label = '', field, textField, digits = ''] = match
    pieces.push(raw.slice(at, match.index + label.length))
    pieces.push({ kind: KINDS[field ?? textField ?? ''] ?? 'time', digits })
    at = match.index + whole.length
  }
  pieces.push(raw.slice(at))
  return { pieces }
}

/** Puts the frame together again with constants added to its times and ids; an id of 0 stays 0. */
export function patchFrame({ pieces }: CutFrame, addMs: number, addId: number): string {
  return pieces
    .map((piece) => {
      if (typeof piece === 'string') return piece
      const move = piece.kind === 'time' ? addMs : addId
      const isMoved = move !== 0 && (piece.kind === 'time' || piece.digits !== '0')
      return isMoved ? String(BigInt(piece.digits) + BigInt(move)) : piece.digits
    })
    .join('')
}

/** Smallest constant that lifts the ids of the next pass above all of this one. */
export function idSpan(frames: readonly CutFrame[]): number {
  const spans = new Map<NumberKind, { low: bigint; high: bigint }>()
  for (const { pieces } of frames) {
    for (const piece of pieces) {
      if (typeof piece === 'string' || piece.kind === 'time' || piece.digits === '0') continue
      const id = BigInt(piece.digits)
      const { low, high } = spans.get(piece.kind) ?? { low: id, high: id }
      spans.set(piece.kind, { low: id < low ? id : low, high: id > high ? id : high })
    }
  }
  const widths = [...spans.values()].map(({ low, high }) => Number(high - low))
  return Math.max(0, ...widths) + 1
}
