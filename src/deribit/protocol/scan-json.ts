/*
 * Reads JSON tokens from bytes, without a text in between. Each function takes the position of a
 * token and returns the position behind it, or -1 if the token is not one that it reads exactly like
 * JSON.parse: then the caller parses the whole message with JSON.parse. The last byte of a message
 * must be a closing brace, which ends every number and word.
 */

export const QUOTE = 0x22
export const COMMA = 0x2c
export const COLON = 0x3a
export const OPEN_BRACKET = 0x5b
export const CLOSE_BRACKET = 0x5d
export const OPEN_BRACE = 0x7b
export const CLOSE_BRACE = 0x7d
const BACKSLASH = 0x5c
const PLUS = 0x2b
const MINUS = 0x2d
const POINT = 0x2e
const ZERO = 0x30
const SMALL_E = 0x65
const LARGE_E = 0x45
const SPACE = 0x20
const DELETE = 0x7f

/** Position of a token that is not read here. */
export const UNREAD = -1

/** Integers below this are exact, and so is each step of adding a digit to one. */
const MAX_MANTISSA = 1e15
/** Nine digits fit an integer of 32 bits, which is faster than a double. */
const MAX_INT32_DIGITS = 9
/** Powers of ten that a double represents exactly. */
const POWERS_OF_TEN = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`))
/** Digits of an exponent that are read. */
const MAX_EXPONENT_DIGITS = 3

/**
 * Reads a number into `target[index]`, bit for bit as JSON.parse does. It reads numbers whose digits
 * make an integer below 10^15 and whose power of ten is from -22 to 22: both are exact doubles, so
 * that one multiplication or division rounds correctly. The target is undefined after UNREAD.
 */
export function scanNumber(
  bytes: Uint8Array,
  start: number,
  target: Float64Array,
  index: number,
): number {
  let at = start
  const isNegative = bytes[at] === MINUS
  if (isNegative) at += 1
  const firstDigit = at
  let mantissa = 0
  for (let digit = digitAt(bytes, at); digit >= 0; digit = digitAt(bytes, at)) {
    // Wraps beyond nine digits; `readDigits` reads those again.
    mantissa = (Math.imul(mantissa, 10) + digit) | 0
    at += 1
  }
  let digits = at - firstDigit
  if (digits === 0 || (digits > 1 && bytes[firstDigit] === ZERO)) return UNREAD
  let power = 0
  if (bytes[at] === POINT) {
    at += 1
    const firstDecimal = at
    for (let digit = digitAt(bytes, at); digit >= 0; digit = digitAt(bytes, at)) {
      mantissa = (Math.imul(mantissa, 10) + digit) | 0
      at += 1
    }
    power = firstDecimal - at
    if (power === 0) return UNREAD
    digits -= power
  }
  const lastDigitEnd = at
  if (bytes[at] === SMALL_E || bytes[at] === LARGE_E) {
    at += 1
    const isDown = bytes[at] === MINUS
    if (isDown || bytes[at] === PLUS) at += 1
    const firstExponent = at
    let exponent = 0
    for (let digit = digitAt(bytes, at); digit >= 0; digit = digitAt(bytes, at)) {
      exponent = (exponent * 10 + digit) | 0
      at += 1
    }
    const exponentDigits = at - firstExponent
    if (exponentDigits === 0 || exponentDigits > MAX_EXPONENT_DIGITS) return UNREAD
    power += isDown ? -exponent : exponent
  }
  if (power < -22 || power > 22) return UNREAD
  // In the array and not in a variable, which the compiler would box as an object.
  target[index] = mantissa
  if (digits > MAX_INT32_DIGITS) {
    readDigits(bytes, { start: firstDigit, end: lastDigitEnd }, target, index)
    if ((target[index] ?? 0) >= MAX_MANTISSA) return UNREAD
  }
  if (power < 0) target[index] = (target[index] ?? 0) / (POWERS_OF_TEN[-power] ?? 1)
  else if (power > 0) target[index] = (target[index] ?? 0) * (POWERS_OF_TEN[power] ?? 1)
  if (isNegative) target[index] = -(target[index] ?? 0)
  return at
}

/** The value of a digit; -1 for any other byte. */
function digitAt(bytes: Uint8Array, at: number): number {
  const digit = (bytes[at] ?? 0) - ZERO
  return digit > 9 ? -1 : digit
}

/** Sets `target[index]` to the integer that the digits of a number make, its point ignored. */
function readDigits(
  bytes: Uint8Array,
  { start, end }: { start: number; end: number },
  target: Float64Array,
  index: number,
): void {
  let value = 0
  for (let at = start; at < end; at += 1) {
    const digit = digitAt(bytes, at)
    if (digit >= 0) value = value * 10 + digit
  }
  target[index] = value
}

/**
 * Reads a string of printable ASCII characters without escapes, from its opening quote. Its text is
 * what lies between the quotes.
 */
export function scanString(bytes: Uint8Array, start: number): number {
  if (bytes[start] !== QUOTE) return UNREAD
  for (let at = start + 1; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0
    if (byte === QUOTE) return at + 1
    if (byte < SPACE || byte === BACKSLASH || byte >= DELETE) return UNREAD
  }
  return UNREAD
}

/** Whether the bytes from `start` are those of a word. */
export function isWordAt(bytes: Uint8Array, start: number, word: Uint8Array): boolean {
  for (let index = 0; index < word.length; index += 1) {
    if (bytes[start + index] !== word[index]) return false
  }
  return true
}

const WORDS = ['true', 'false', 'null'].map((word) => Buffer.from(word))

/** Skips a string, number, boolean or null; an object or array is not read. */
export function skipScalar(bytes: Uint8Array, start: number): number {
  if (bytes[start] === QUOTE) return scanString(bytes, start)
  for (const word of WORDS) if (isWordAt(bytes, start, word)) return start + word.length
  return skipNumber(bytes, start)
}

/** Skips a number of any size. */
function skipNumber(bytes: Uint8Array, start: number): number {
  const first = bytes[start] === MINUS ? start + 1 : start
  let at = skipDigits(bytes, first)
  if (at === first || (at > first + 1 && bytes[first] === ZERO)) return UNREAD
  if (bytes[at] === POINT) {
    const decimals = at + 1
    at = skipDigits(bytes, decimals)
    if (at === decimals) return UNREAD
  }
  if (bytes[at] === SMALL_E || bytes[at] === LARGE_E) {
    const hasSign = bytes[at + 1] === MINUS || bytes[at + 1] === PLUS
    const exponent = at + (hasSign ? 2 : 1)
    at = skipDigits(bytes, exponent)
    if (at === exponent) return UNREAD
  }
  return at
}

function skipDigits(bytes: Uint8Array, start: number): number {
  let at = start
  while (digitAt(bytes, at) >= 0) at += 1
  return at
}
