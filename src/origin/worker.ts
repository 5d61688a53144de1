import { Special } from '../native/abi.js'
import type { Context, Resolve, Task } from './task.js'

/** Where the end of a worker's closure is reported. */
export interface Ends<R> {
  fulfilled(worker: Worker<R>, value: unknown): void
  rejected(worker: Worker<R>, error: unknown): void
}

/**
 * A slot of the pool in this isolate, under the core's number for it. One task after the other uses the slot and its
 * two handlers. They are attached to the promise of each closure, so they cost no closure per task.
 */
export class Worker<R> {
  /** The context of the task that the worker has. An idle worker keeps it only if the next task brings its own. */
  context: Context<R> | undefined
  /** The task that the worker has, unless that is a plain one. */
  task: Task<R> | undefined
  /** The core's number for the plain task that the worker has. */
  plainId = Special.none
  /** Resolves the promise of the plain task that the worker has. */
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
