/**
 * Numbers for things that are open at the same time. They count up to a limit and begin again, and a number that is in
 * use is not given. So they always fit, however many there are in the life of a process.
 */
export class Numbering {
  readonly #limit: number
  /** The last number that was given. */
  last = -1

  /** Gives numbers below `limit`, which is more than are ever in use at once. */
  constructor(limit: number) {
    this.#limit = limit
  }

  next(isInUse: (number: number) => boolean): number {
    do this.last = (this.last + 1) % this.#limit
    while (isInUse(this.last))
    return this.last
  }
}
