/**
 * One line that shows what happens now. On a terminal it is redrawn in place; elsewhere (a file, CI) a plain line appears every
 * two seconds. The cursor is never hidden, so there is nothing to restore but the line itself.
 */
const clearLine = '\r\x1b[2K'

export class LiveLine {
  #stream
  #draw
  #timer

  /**
   * @param {() => string} draw gives the text; called whenever the line is due
   * @param {NodeJS.WriteStream} [stream]
   */
  constructor(draw, stream = process.stdout) {
    this.#stream = stream
    this.#draw = draw
    this.#timer = setInterval(() => this.#redraw(), stream.isTTY ? 200 : 2_000)
  }

  /** Takes the line away; what is written next begins where it stood. */
  end() {
    clearInterval(this.#timer)
    if (this.#stream.isTTY) this.#stream.write(clearLine)
  }

  #redraw() {
    const text = this.#draw()
    if (!text) return
    if (!this.#stream.isTTY) this.#stream.write(`${text}\n`)
    // A line that wraps cannot be redrawn in place.
    else this.#stream.write(clearLine + text.slice(0, (this.#stream.columns || 80) - 1))
  }
}
