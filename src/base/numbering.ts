/**
 * Numbers for what is open at the same time. They count up to a limit and begin again; none is given that is in use. So however
 * many there are in the life of a process, they fit where they have to.
 */
export class Numbering {
  readonly #limit: number
  /** The last one that was given. */
  last = -1

  /** Numbers below `limit`, more than are ever in use at once. */
  constructor(limit: number) {
    this.#limit = limit
  }

  next(isInUse: (number: number) => boolean): number {
    do this.last = (this.last + 1) % this.#limit
    while (isInUse(this.last))
    return this.last
  }
}
