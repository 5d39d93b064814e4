/** Renders what a terminal shows: lines, and the few control codes that the demo writes. */
export class Screen {
  readonly isTTY = true
  columns = 60
  #lines = ['']

  write(text: string): void {
    for (const part of text.split(/(\r\u001B\[2K|\n)/)) {
      if (part === '\n') this.#lines.push('')
      else if (part === '\r\u001B[2K') this.#lines[this.#lines.length - 1] = ''
      else this.#lines[this.#lines.length - 1] += part
    }
  }

  get lines(): readonly string[] {
    return this.#lines
  }
}
