import { setImmediate } from '../../base/intrinsics.js'
import { serialOf } from '../messages.js'

/**
 * For how many turns of the event loop a value is waited for that was sent and is not in its port. In Node there is none; Deno takes
 * messages off a port some time before it delivers them.
 */
const TURNS = 1_000

/** The value that came for a token. */
interface Received {
  /** False: reading failed, and `value` is the error. */
  readonly isRead: boolean
  readonly value: unknown
}

/** Is told of a value for which it has asked. */
export interface Taker {
  give(value: unknown): void
  /** The value has come and cannot be read back. */
  fail(error: unknown): void
  /** The value has not come, and will not come. */
  lose(): void
}

/**
 * Results and errors that took the message port and are about to be asked for, by token. They outlive their thread until
 * all that it has reported is known.
 */
export class PortValues {
  readonly #values = new Map<number, Received>()
  /** Hears what lies in the ports of all threads. */
  readonly #hearAll: () => void

  constructor(hearAll: () => void) {
    this.#hearAll = hearAll
  }

  came(token: number, value: unknown): void {
    this.#values.set(token, { isRead: true, value })
  }

  cameUnreadable(token: number, error: unknown): void {
    this.#values.set(token, { isRead: false, value: error })
  }

  /** Nobody will ask for the value. */
  drop(token: number): void {
    this.#values.delete(token)
  }

  /** Nobody will ask for what is left of a thread. */
  dropAllOf(serial: number): void {
    for (const token of this.#values.keys()) if (serialOf(token) === serial) this.#values.delete(token)
  }

  /** The serials of the threads that have sent what is here. */
  serials(): number[] {
    return [...this.#values.keys()].map(serialOf)
  }

  /** Gives what a thread has sent under this token, before it reported the end of the task. */
  take(token: number, taker: Taker, turns = TURNS): void {
    if (!this.#values.has(token)) this.#hearAll()
    const received = this.#values.get(token)
    if (received !== undefined) {
      this.#values.delete(token)
      if (received.isRead) taker.give(received.value)
      else taker.fail(received.value)
    } else if (turns > 0) {
      setImmediate(() => this.take(token, taker, turns - 1))
    } else {
      taker.lose()
    }
  }
}
