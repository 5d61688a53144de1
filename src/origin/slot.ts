import { Special } from '../native/abi.js'
import type { Context, Resolve, Task } from './task.js'

/** Where the end of the closure that a slot has is reported. */
export interface Ends<R> {
  fulfilled(slot: Slot<R>, value: unknown): void
  rejected(slot: Slot<R>, error: unknown): void
}

/**
 * A worker of a pool of closures in this isolate, under the core's number for it. A slot is used for one task after the
 * other, and so are its two handlers: attached to the promise of each closure, they cost no closure per task.
 */
export class Slot<R> {
  /** The context of the task that the slot has; a slot without a task may keep that of its last one. */
  context: Context<R> | undefined
  /** The task that the slot has, unless that is a plain one. */
  task: Task<R> | undefined
  /** The core's number for the plain task that the slot has. */
  plainId = Special.none
  /** What resolves the promise of the plain task that the slot has. */
  resolve: Resolve | undefined
  /** What `init` has made. */
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
