/** How far a task has come, as its caller hears it. */
import type { AsyncResource } from 'node:async_hooks'

import { follow, isThenable } from '../../base/follow.js'
import { resolvedPromise, then } from '../../base/intrinsics.js'
import { Exchange, Figure } from '../../native/abi.js'
import { figures } from '../../native/binding.js'
import { captureContextForGood, runInContextForGood } from '../../origin/async-context.js'
import type { Failures } from '../../origin/failures.js'
import type { OnProgress } from '../../options/thread-options.js'

const resolved = resolvedPromise(undefined)
const noop = (): void => {}

/** Whether what an origin hears is of the task that has this stamp: the number of the task may be another one's by now. */
export const isOf = (stamp: number, row: number): boolean =>
  (figures[row * Exchange.figures + Figure.id]! | 0) === stamp

/** What a call has beside others if its caller wants to know how far it has come. */
export class Listener {
  readonly #onProgress: OnProgress
  readonly #failures: Failures
  readonly #task: string
  /** The context of the call. */
  readonly #context: AsyncResource | undefined = captureContextForGood()
  /** The newest value that the caller has not been told. */
  #news: { readonly value: unknown } | undefined

  constructor(onProgress: OnProgress, failures: Failures, task: string) {
    this.#onProgress = onProgress
    this.#failures = failures
    this.#task = task
  }

  /**
   * The task has come further. Its caller is told in a microtask, before the promise of the task settles, and not while
   * the ends of tasks are being read. `isBlocked`: there are no microtasks, and whoever is blocked calls `tell`.
   */
  hear(value: unknown, isBlocked: boolean): void {
    const isFirst = this.#news === undefined
    this.#news = { value }
    if (isFirst && !isBlocked) void then.call(resolved, this.tell)
  }

  readonly tell = (): void => {
    const news = this.#news
    if (news === undefined) return
    this.#news = undefined
    runInContextForGood(this.#context, this.#call, news.value)
  }

  readonly #call = (value: unknown): void => {
    try {
      const result = this.#onProgress(value)
      if (isThenable(result)) follow(result, noop, this.failed)
    } catch (error) {
      this.failed(error)
    }
  }

  readonly failed = (error: unknown): void => {
    this.#failures.log('error', { err: error, task: this.#task }, 'onProgress failed')
  }
}
