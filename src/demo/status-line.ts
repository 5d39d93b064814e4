/** What a status line needs of a terminal. */
export interface Terminal {
  readonly columns?: number
  write(text: string): unknown
}

const CLEAR_LINE = '\r\u001B[2K'
/** Where the terminal does not say, or says 0. */
const DEFAULT_COLUMNS = 80

/** One line at the bottom of a terminal that is written anew, with whatever else is written above it. */
export class StatusLine {
  readonly #terminal: Terminal
  #line = ''

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  /** Replaces the line; cut to the width of the terminal, as a wrapped one could not be taken back. */
  show(line: string): void {
    const columns = this.#terminal.columns || DEFAULT_COLUMNS
    this.#line = line.length < columns ? line : `${line.slice(0, Math.max(0, columns - 2))}…`
    this.#terminal.write(CLEAR_LINE + this.#line)
  }

  /** Writes whole lines that stay. */
  above(text: string): void {
    const isWhole = text.endsWith('\n')
    this.#terminal.write(`${CLEAR_LINE}${text}${isWhole ? '' : '\n'}${this.#line}`)
  }

  /** Takes the line away; what is written later stands alone. */
  end(): void {
    this.#line = ''
    this.#terminal.write(CLEAR_LINE)
  }
}
