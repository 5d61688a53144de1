import type { AsyncResource } from 'node:async_hooks'

import { markHandled } from '../base/follow.js'
import type { Rejection } from '../native/abi.js'
import { native } from '../native/binding.js'
import type { TaskInfo } from '../options/task-info.js'
import type { Failures } from './failures.js'
import { nesting } from './nesting.js'
import type { Signals } from './signals.js'
import { type Task, nameOf } from './task.js'
import { timesNow } from './times.js'
import { TurnedAway, turnedAwayAs } from './turned-away.js'

/** Gives the async context in which a task is to start, which needs it no longer. */
export function takeContext<R>(task: Task<R>): AsyncResource | undefined {
  const { asyncContext } = task
  task.asyncContext = undefined
  return asyncContext
}

/** How tasks that are not plain settle, and who is told of their failures. */
export class TaskEnds<R> {
  readonly #pool: string
  readonly #failures: Failures
  readonly #signals: Signals<Task<R>>
  readonly #turnedAway: TurnedAway

  constructor(pool: string, failures: Failures, signals: Signals<Task<R>>) {
    this.#pool = pool
    this.#failures = failures
    this.#signals = signals
    this.#turnedAway = new TurnedAway(failures)
  }

  settle(task: Task<R>): void {
    task.isSettled = true
    // The task will not run: those who trace contexts are to know.
    if (task.asyncContext !== undefined) takeContext(task)!.emitDestroy()
    if (task.signal !== undefined) this.#signals.delete(task.signal, task)
  }

  /** A task is about to start or to end: it does not, if its signal has aborted. Very many are aborted in slices. */
  heed(task: Task<R>): void {
    if (task.isSettled) return
    if (task.signal !== undefined) this.#signals.heed(task.signal, task)
    task.heed()
  }

  /** A task settles in another way than by the end of its closure. Before code of users may run, which its name is, the task is over. */
  reject(task: Task<R>, cause: Rejection | 'abort', reason: () => unknown): void {
    // The call that said so has left them in the numbers.
    const times = timesNow()
    this.settle(task)
    task.endsBy(cause, times)
    const counted =
      task.promise === undefined && this.#failures.panicHandler === undefined ? turnedAwayAs(cause) : undefined
    if (counted !== undefined) {
      // Nobody is told of the error.
      task.traced?.failed(reason())
      this.#turnedAway.count(counted)
      return
    }
    const error = reason()
    if (task.promise === undefined) this.#report(error, this.#info(task, times))
    task.fail(error)
    task.context?.abort(error)
  }

  /** Who is to be told if the closure of a task has failed: asked before the core hears of its end. */
  infoOfFailure(handle: number, task: Task<R>): TaskInfo | undefined {
    const isTold = this.#failures.panicHandler !== undefined || task.promise === undefined
    if (task.isSettled || !isTold) return undefined
    native.times(handle, task.id, task.stamp)
    return this.#info(task, timesNow())
  }

  /** A task fails with an error of its own. `info`: somebody is to be told. */
  fail(task: Task<R>, error: unknown, info: TaskInfo | undefined): void {
    if (info !== undefined) {
      this.#report(error, info)
      // A failure that panicHandler has seen is never an unhandledRejection.
      if (task.promise !== undefined) markHandled(task.promise)
    }
    task.fail(error)
  }

  /** Tells panicHandler, which may submit again what has failed; without a handler the logger is told. */
  #report(error: unknown, info: TaskInfo): void {
    nesting.depth++
    try {
      this.#failures.report(error, info)
    } finally {
      nesting.depth--
    }
  }

  #info(task: Task<R>, times: ReturnType<typeof timesNow>): TaskInfo {
    const name = nameOf(task.closure)
    return { pool: this.#pool, ...(name !== undefined && { name }), priority: task.priority, ...times }
  }
}
