import { Special } from '../native/abi.js'
import type { Context, Resolve, Task } from './task.js'

/** Where the end of a worker's closure is reported. */
export interface Ends<R> {
  fulfilled(worker: Worker<R>, value: unknown): void
  rejected(worker: Worker<R>, error: unknown): void
}

/**
 * A slot of the pool in this isolate, under the core's number for it. It is used for one task after the other, and so
 * are its two handlers: attached to each closure's promise, they cost no closure per task.
 */
export class Worker<R> {
  /** Of the task it has; kept while it is idle only if the next one brings its own. */
  context: Context<R> | undefined
  /** The task it has, unless that is a plain one. */
  task: Task<R> | undefined
  /** The core's number for the plain task it has. */
  plainId = Special.none
  /** How the promise of the plain task it has is resolved. */
  resolve: Resolve | undefined
  /** From `init`. */
  resource: R | undefined

  readonly onFulfilled: (value: unknown) => void
  readonly onRejected: (error: unknown) => void

  constructor(
    readonly id: number,
    ends: Ends<R>,
  ) {
    this.onFulfilled = (value) => ends.fulfilled(this, value)
    this.onRejected = (error) => ends.rejected(this, error)
  }
}
