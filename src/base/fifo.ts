const SMALLEST = 8
const vacant = (length: number): undefined[] => Array.from({ length })

/** First in, first out, in a ring that doubles when it is full. No step costs more when the ring is longer. */
export class Fifo<T> {
  /** Its length is a power of two. */
  #ring: (T | undefined)[] = vacant(SMALLEST)
  #first = 0
  #length = 0

  get length(): number {
    return this.#length
  }

  /** The oldest; `undefined` if there is none. */
  get first(): T | undefined {
    return this.#ring[this.#first]
  }

  push(value: T): void {
    if (this.#length === this.#ring.length) this.#grow()
    this.#ring[(this.#first + this.#length++) & (this.#ring.length - 1)] = value
  }

  /** Takes the oldest out; `undefined` if there is none. */
  shift(): T | undefined {
    const value = this.#ring[this.#first]
    if (this.#length === 0) return undefined
    this.#ring[this.#first] = undefined
    this.#first = (this.#first + 1) & (this.#ring.length - 1)
    this.#length--
    return value
  }

  clear(): void {
    this.#ring = vacant(SMALLEST)
    this.#first = this.#length = 0
  }

  #grow(): void {
    const ring = this.#ring.slice(this.#first).concat(this.#ring.slice(0, this.#first))
    this.#ring = ring.concat(vacant(ring.length))
    this.#first = 0
  }
}
