import type { BookFrame } from '../../model/frames.ts'
import { LevelList } from '../../model/level-list.ts'
import { type Channel, parseChannel } from './channels.ts'
import { isCount } from './messages.ts'
import { incrementalKind } from './parse-book.ts'
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  isWordAt,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  scanNumber,
  scanString,
  skipScalar,
  UNREAD,
} from './scan-json.ts'

/** Limit of the cache of channels; over it the cache is cleared. */
const MAX_CACHED_CHANNELS = 50_000

/** Members that are read, as bits of a set; 0 = any other. */
const Member = {
  method: 1,
  params: 2,
  channel: 4,
  data: 8,
  timestamp: 16,
  changeId: 32,
  prevChangeId: 64,
  instrument: 128,
  bids: 256,
  asks: 512,
  type: 1024,
} as const

const NAMES: readonly (readonly [name: string, member: number])[] = [
  ['method', Member.method],
  ['params', Member.params],
  ['channel', Member.channel],
  ['data', Member.data],
  ['timestamp', Member.timestamp],
  ['change_id', Member.changeId],
  ['prev_change_id', Member.prevChangeId],
  ['instrument_name', Member.instrument],
  ['bids', Member.bids],
  ['asks', Member.asks],
  ['type', Member.type],
]
const OF_MESSAGE = Member.method | Member.params
const OF_PARAMS = Member.channel | Member.data
const OF_GROUPED =
  Member.timestamp | Member.changeId | Member.instrument | Member.bids | Member.asks
const OF_INCREMENTAL = OF_GROUPED | Member.prevChangeId | Member.type

/** Names in quotes, by length: at most 16 characters. */
const WORDS_BY_LENGTH: { word: Uint8Array; member: number }[][] = []
for (const [name, member] of NAMES) {
  const word = Buffer.from(`"${name}"`)
  WORDS_BY_LENGTH[word.length] = [...(WORDS_BY_LENGTH[word.length] ?? []), { word, member }]
}

/** A longer name of a channel is not peeked at. */
const MAX_PEEKED_LENGTH = 127

/** How the exchange's notifications start, read in one comparison. */
const USUAL_START = Buffer.from('{"jsonrpc":"2.0","method":"subscription","params":{"channel":')
const SUBSCRIPTION = Buffer.from('"subscription"')
const SNAPSHOT = Buffer.from('"snapshot"')
const CHANGE = Buffer.from('"change"')
const PAIR = Buffer.from('[')
const DELETE = Buffer.from('["delete",')
const ACTIONS = [Buffer.from('["new",'), Buffer.from('["change",'), DELETE]

interface KnownChannel {
  /** The name in quotes, and that of the instrument. */
  readonly word: Uint8Array
  readonly instrument: Uint8Array
  readonly name: string
  readonly channel: Extract<Channel, { kind: 'grouped' | 'incremental' }>
}

/** Indices of the numbers of a frame. */
const TIMESTAMP = 0
const CHANGE_ID = 1
const PREV_CHANGE_ID = 2

/**
 * Reads book notifications from their bytes: no text, no object per level. It reads what the
 * exchange sends and returns null for everything else, valid or not: whitespace, escapes, nested
 * unknown members, repeated members, data before its channel, numbers of many digits. Those are
 * for JSON.parse. Whatever it reads is equal to what `parseMessage` returns, bit for bit.
 */
export class BookScanner {
  readonly #channels = new Map<number, KnownChannel>()
  readonly #bids = new LevelList()
  readonly #asks = new LevelList()
  readonly #numbers = new Float64Array(3)
  #bytes: Uint8Array = SUBSCRIPTION
  /** Position behind the object that was scanned last. */
  #at = 0
  #channel: KnownChannel | null = null
  #type: 'snapshot' | 'change' | undefined
  /** Members of `data` that were scanned. */
  #dataMembers = 0

  /**
   * Reads one message. The levels of the frame are overwritten by the next call.
   * @param bytes one message, UTF-8 JSON
   */
  scan(bytes: Uint8Array): BookFrame | null {
    // Ends every number and word, so that no read goes beyond the end.
    if (bytes[bytes.length - 1] !== CLOSE_BRACE) return null
    this.#bytes = bytes
    this.#channel = null
    this.#type = undefined
    this.#bids.clear()
    this.#asks.clear()
    const isUsual = isWordAt(bytes, 0, USUAL_START)
    const members = isUsual ? this.#scanAfterStart() : this.#scanObject(0, OF_MESSAGE)
    if (members !== OF_MESSAGE) return null
    return this.#at === bytes.length ? this.#frame() : null
  }

  /** See `MessageParser.groupedChannelOf`. */
  groupedChannelOf(bytes: Uint8Array, instrument?: string): string | null {
    if (!isWordAt(bytes, 0, USUAL_START)) return null
    this.#bytes = bytes
    if (this.#scanChannel(USUAL_START.length) === UNREAD || this.#channel === null) return null
    const { channel, name } = this.#channel
    if (channel.kind !== 'grouped' || name.length > MAX_PEEKED_LENGTH) return null
    return instrument === undefined || channel.instrument === instrument ? name : null
  }

  /** Scans the message behind its usual start, like `#scanObject`. */
  #scanAfterStart(): number {
    const channelEnd = this.#scanChannel(USUAL_START.length)
    if (channelEnd === UNREAD) return UNREAD
    if (this.#scanRest(channelEnd, OF_PARAMS, Member.channel) !== OF_PARAMS) return UNREAD
    return this.#scanRest(this.#at, OF_MESSAGE, OF_MESSAGE)
  }

  /** Scans an object. Returns the set of those members that are read, or UNREAD. */
  #scanObject(start: number, wanted: number): number {
    return this.#bytes[start] === OPEN_BRACE ? this.#scanMembers(start + 1, wanted, 0) : UNREAD
  }

  /** Scans what follows a member of an object, with the set of those that were read before. */
  #scanRest(at: number, wanted: number, members: number): number {
    if (this.#bytes[at] === COMMA) return this.#scanMembers(at + 1, wanted, members)
    if (this.#bytes[at] !== CLOSE_BRACE) return UNREAD
    this.#at = at + 1
    return members
  }

  #scanMembers(start: number, wanted: number, before: number): number {
    const bytes = this.#bytes
    let members = before
    for (let at = start; ; at += 1) {
      const nameEnd = scanString(bytes, at)
      if (nameEnd === UNREAD || bytes[nameEnd] !== COLON) return UNREAD
      const member = memberAt(bytes, at, nameEnd) & wanted
      if (member === 0) at = skipScalar(bytes, nameEnd + 1)
      else {
        // JSON.parse keeps the last one.
        if ((members & member) !== 0) return UNREAD
        members |= member
        at = this.#scanMember(nameEnd + 1, member)
      }
      if (at === UNREAD) return UNREAD
      if (bytes[at] === CLOSE_BRACE) {
        this.#at = at + 1
        return members
      }
      if (bytes[at] !== COMMA) return UNREAD
    }
  }

  #scanMember(at: number, member: number): number {
    const bytes = this.#bytes
    switch (member) {
      case Member.method:
        return wordEnd(bytes, at, SUBSCRIPTION)
      case Member.params:
        return this.#scanObject(at, OF_PARAMS) === OF_PARAMS ? this.#at : UNREAD
      case Member.channel:
        return this.#scanChannel(at)
      case Member.data:
        return this.#scanData(at)
      case Member.timestamp:
        return scanNumber(bytes, at, this.#numbers, TIMESTAMP)
      case Member.changeId:
        return scanNumber(bytes, at, this.#numbers, CHANGE_ID)
      case Member.prevChangeId:
        return scanNumber(bytes, at, this.#numbers, PREV_CHANGE_ID)
      case Member.instrument:
        return this.#channel === null ? UNREAD : wordEnd(bytes, at, this.#channel.instrument)
      case Member.bids:
        return this.#scanRows(at, this.#bids)
      case Member.asks:
        return this.#scanRows(at, this.#asks)
      case Member.type:
        this.#type = isWordAt(bytes, at, SNAPSHOT) ? 'snapshot' : 'change'
        return wordEnd(bytes, at, this.#type === 'snapshot' ? SNAPSHOT : CHANGE)
      default:
        return UNREAD
    }
  }

  /** Looks the channel up by its bytes: a text is made of it only once. */
  #scanChannel(start: number): number {
    const bytes = this.#bytes
    let hash = 0
    let quoteAt = start + 1
    for (; quoteAt < bytes.length && bytes[quoteAt] !== QUOTE; quoteAt += 1) {
      hash = (Math.imul(hash, 31) + (bytes[quoteAt] ?? 0)) | 0
    }
    const end = quoteAt + 1
    let known = this.#channels.get(hash)
    if (known === undefined || known.word.length !== end - start) known = undefined
    else if (!isWordAt(bytes, start, known.word)) known = undefined
    // A name with escapes or other characters is not learnt.
    if (known === undefined && scanString(bytes, start) !== end) return UNREAD
    this.#channel = known ?? this.#learn(hash, bytes.subarray(start, end))
    return this.#channel === null ? UNREAD : end
  }

  /** Adds a channel; it replaces another one with the same hash. */
  #learn(hash: number, word: Uint8Array): KnownChannel | null {
    const name = Buffer.from(word.subarray(1, -1)).toString('latin1')
    const channel = parseChannel(name)
    if (channel.kind !== 'grouped' && channel.kind !== 'incremental') return null
    const instrument = Buffer.from(`"${channel.instrument}"`)
    const known = { word: Uint8Array.from(word), name, channel, instrument }
    if (this.#channels.size >= MAX_CACHED_CHANNELS) this.#channels.clear()
    this.#channels.set(hash, known)
    return known
  }

  #scanData(at: number): number {
    if (this.#channel === null) return UNREAD
    const isGrouped = this.#channel.channel.kind === 'grouped'
    this.#dataMembers = this.#scanObject(at, isGrouped ? OF_GROUPED : OF_INCREMENTAL)
    if (this.#dataMembers === UNREAD) return UNREAD
    return (this.#dataMembers & OF_GROUPED) === OF_GROUPED ? this.#at : UNREAD
  }

  /** Scans the rows of a side into `list`: `[price,amount]`, or with an action before them. */
  #scanRows(start: number, list: LevelList): number {
    const bytes = this.#bytes
    if (bytes[start] !== OPEN_BRACKET) return UNREAD
    if (bytes[start + 1] === CLOSE_BRACKET) return start + 2
    const hasActions = this.#channel?.channel.kind === 'incremental'
    let { prices, amounts } = list
    let count = 0
    for (let at = start + 1; ; at += 1) {
      const action = hasActions ? actionAt(bytes, at) : PAIR
      if (action === null || bytes[at] !== OPEN_BRACKET) return UNREAD
      if (count === prices.length) {
        list.reserve(count + 1)
        ;({ prices, amounts } = list)
      }
      at = scanNumber(bytes, at + action.length, prices, count)
      if (at === UNREAD || bytes[at] !== COMMA) return UNREAD
      at = scanNumber(bytes, at + 1, amounts, count)
      if (at === UNREAD || bytes[at] !== CLOSE_BRACKET) return UNREAD
      if (action === DELETE) amounts[count] = 0
      count += 1
      at += 1
      if (bytes[at] === CLOSE_BRACKET) {
        list.resize(count)
        return at + 1
      }
      if (bytes[at] !== COMMA) return UNREAD
    }
  }

  /** The frame of the message that was scanned; null if its numbers are invalid. */
  #frame(): BookFrame | null {
    if (this.#channel === null) return null
    const { channel, name } = this.#channel
    const exchangeTimeMs = this.#numbers[TIMESTAMP]
    const changeId = this.#numbers[CHANGE_ID]
    if (!isCount(exchangeTimeMs) || !isCount(changeId)) return null
    const hasPrevious = (this.#dataMembers & Member.prevChangeId) !== 0
    const prevChangeId = hasPrevious ? this.#numbers[PREV_CHANGE_ID] : null
    if (prevChangeId !== null && !isCount(prevChangeId)) return null
    const isGrouped = channel.kind === 'grouped'
    const kind = isGrouped ? 'grouped' : incrementalKind(this.#type, prevChangeId)
    if (kind === null) return null
    return {
      type: 'book',
      kind,
      channel: name,
      instrument: channel.instrument,
      exchangeTimeMs,
      changeId,
      prevChangeId,
      maxLevels: isGrouped ? channel.depth : null,
      bids: this.#bids,
      asks: this.#asks,
    }
  }
}

/** The member with this name, or 0. `end` is the position behind the closing quote. */
function memberAt(bytes: Uint8Array, start: number, end: number): number {
  const words = WORDS_BY_LENGTH[end - start]
  if (words === undefined) return 0
  for (const { word, member } of words) if (isWordAt(bytes, start, word)) return member
  return 0
}

function wordEnd(bytes: Uint8Array, start: number, word: Uint8Array): number {
  return isWordAt(bytes, start, word) ? start + word.length : UNREAD
}

/** What the row at this position starts with; null if it is no row with an action. */
function actionAt(bytes: Uint8Array, start: number): Uint8Array | null {
  for (const action of ACTIONS) if (isWordAt(bytes, start, action)) return action
  return null
}
