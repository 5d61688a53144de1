import { type PoolErrorCode, PoolError, PoolOverloadError } from '../base/errors.js'
import { markHandled } from '../base/follow.js'
import { Promise } from '../base/intrinsics.js'
import { Rejection } from '../native/abi.js'
import { native } from '../native/binding.js'
import type { RefusalReason } from '../observe/channels.js'
import { carryOut, hasCommands } from '../native/isolate.js'
import { capture, captured, forgetCaptured } from './captured.js'
import type { GroupTag } from './group-tag.js'
import type { Resolve } from './task.js'
import { type Times, timesNow } from './times.js'

/** How a task stands. */
export type TaskState = 'waiting' | 'running' | 'fulfilled' | 'rejected' | 'timed-out' | 'cancelled' | 'refused'

/** What a pool says of a task that it has accepted. */
export interface Accepted {
  /** The core's number for it, and what tells it from others that have the number before and after it. */
  readonly id: number
  readonly stamp: number
  priority: number
  /** Whether its function has been called, if the task has not settled. */
  isRunning(handle: number): boolean
}

type Abort<T> = (task: T, reason: unknown) => boolean

/** The ends that refuse a task, which has not run. */
const REFUSING: Readonly<Partial<Record<Rejection, RefusalReason>>> = {
  [Rejection.released]: 'released',
  [Rejection.waitTimeout]: 'waitTimeout',
  [Rejection.displaced]: 'displaced',
  [Rejection.shed]: 'shed',
  [Rejection.cleared]: 'cleared',
}

const UNKNOWN: Times = { id: 0, waitMs: 0, runMs: 0 }

/**
 * A task that somebody follows from its submission to its end: whoever holds it knows how it stands, and can abort it.
 * The pool that takes the task tells it each step. Its failure is never an `unhandledRejection`.
 */
export class Followed {
  readonly promise: Promise<unknown>
  /** Why it was refused, if it was. */
  reason: RefusalReason | undefined
  error: unknown
  readonly #resolve: Resolve
  readonly #reject: Resolve
  #end: Exclude<TaskState, 'waiting' | 'running'> | undefined
  /** What it ends by, if not by its function. */
  #endsAs: 'timed-out' | 'cancelled' | 'refused' | 'rejected' = 'rejected'
  #times = UNKNOWN
  #handle = 0
  #task: Accepted | undefined
  #abort: Abort<never> | undefined

  constructor(
    /** The group that it belongs to. */
    readonly group: GroupTag | undefined,
  ) {
    this.promise = new Promise<unknown>(capture)
    this.#resolve = captured.resolve
    this.#reject = captured.reject
    forgetCaptured()
    markHandled(this.promise)
  }

  // ── told by the pool ────────────────────────────────────────────────────────────────────────────────────────────

  accepted<T extends Accepted>(handle: number, task: T, abort: Abort<T>): void {
    this.#handle = handle
    this.#task = task
    this.#abort = abort as Abort<never>
  }

  /** Its times as they are at its end. */
  noted(times: Times): void {
    if (this.#end === undefined) this.#times = times
  }

  /** It is about to fail, and not by its function. */
  endsBy(cause: Rejection | 'abort'): void {
    if (this.#end !== undefined) return
    if (cause === 'abort') {
      this.#endsAs = 'cancelled'
    } else if (cause === Rejection.taskTimeout) {
      this.#endsAs = 'timed-out'
    } else {
      this.reason = REFUSING[cause]
      this.#endsAs = this.reason === undefined ? 'rejected' : 'refused'
    }
  }

  /** It is not accepted. */
  refuse(reason: RefusalReason, error: unknown): void {
    this.reason = reason
    this.#endsAs = 'refused'
    this.fail(error)
  }

  succeed(value: unknown): void {
    if (this.#end !== undefined) return
    this.#settle('fulfilled')
    this.succeeded(value)
    this.#resolve(value)
  }

  fail(error: unknown): void {
    if (this.#end !== undefined) return
    this.error = error
    this.#settle(this.#endsAs)
    this.failed(error)
    this.#reject(error)
  }

  #settle(end: Exclude<TaskState, 'waiting' | 'running'>): void {
    this.#end = end
    this.#task = undefined
    this.#abort = undefined
  }

  /** It is about to start or to end. If it is one of very many that are being aborted, it is aborted now. */
  heed(): void {}

  /** Before the promise fulfils. */
  protected succeeded(_value: unknown): void {}

  /** Before the promise rejects. */
  protected failed(_error: unknown): void {}

  // ── asked by whoever holds it ───────────────────────────────────────────────────────────────────────────────────

  get state(): TaskState {
    if (this.#end !== undefined) return this.#end
    return this.#task?.isRunning(this.#handle) ? 'running' : 'waiting'
  }

  get hasSettled(): boolean {
    return this.#end !== undefined
  }

  get times(): Times {
    const task = this.#task
    if (task === undefined) return this.#times
    native.times(this.#handle, task.id, task.stamp)
    return timesNow()
  }

  /** What a refusal says. */
  get refusal():
    | { readonly code: PoolErrorCode; readonly reason: RefusalReason; readonly retryAfter?: number }
    | undefined {
    const { error, reason } = this
    if (this.#end !== 'refused' || reason === undefined || !PoolError.is(error)) return undefined
    const retryAfter = PoolOverloadError.is(error) ? error.retryAfter : undefined
    return { code: error.code, reason, ...(retryAfter !== undefined && { retryAfter }) }
  }

  /** Aborts the task as its signal would. Returns false if it has settled. */
  abort(reason: unknown): boolean {
    const task = this.#task
    return task !== undefined && this.#abort!(task as never, reason)
  }

  /** Returns false if the task does not wait. */
  setPriority(priority: number): boolean {
    const task = this.#task
    if (task === undefined || native.set_priority(this.#handle, task.id, task.stamp, priority) === 0) return false
    task.priority = priority
    if (hasCommands()) carryOut()
    return true
  }
}
