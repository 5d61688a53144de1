import type { Call } from '../owner/call.js'
import type { Taker } from '../owner/port-values.js'

/** The pool that has accepted the call of a stream. */
export interface StreamHome {
  /** The core's number for the handle. */
  readonly id: number
  readonly name: string
  /** What tells the pool from others in `openStreams`. */
  readonly streamKey: unknown
  /** Aborts the call, if it has not settled. */
  withdraw(call: Call, reason: unknown): void
  /** Gives what a thread has sent by its message port under this token. */
  takeValue(token: number, taker: Taker): void
}
