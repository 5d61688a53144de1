import type { PoolErrorCode } from '../base/errors.js'
import { ResultTimeoutError } from '../base/result-errors.js'
import { follow } from '../base/follow.js'
import {
  AbortController,
  Promise,
  clearTimeout,
  rejectedLater,
  rejectedPromise,
  setTimeout,
  then,
} from '../base/intrinsics.js'
import type { SubmitOptions } from '../options/options.js'
import { type GetOptions, checkGetOptions, checkPriority } from '../options/options.js'
import type { RefusalReason } from '../observe/channels.js'
import { Followed, type TaskState } from '../origin/followed.js'
import type { JobOptions, Origin } from '../origin/origin.js'
import { submitFollowed } from '../origin/submit-followed.js'

/** Why a pool did not run a task, as a value. */
export interface RefusalInfo {
  /** The code of the error with which `get` rejects. */
  readonly code: PoolErrorCode
  /** As it is counted in `stats().rejected`; `noThread` with `ERR_POOL_NO_THREAD`. */
  readonly reason: RefusalReason
  /** After how many ms the task had better be submitted again, if that is known. */
  readonly retryAfter?: number
}

/**
 * A task in the hands of its caller: how it stands, its result, and what can still be done about it. `future` of a pool
 * gives one, throws nothing and, until somebody awaits the future or calls `get`, rejects nothing.
 *
 * ```js
 * const future = pool.future(() => fetch(url), { priority: 'low' })
 * if (future.state === 'refused') console.log(future.refusal?.reason)
 * else future.setPriority('high')
 * const page = await future.get({ timeout: 500 })
 * ```
 */
export interface Future<T> extends PromiseLike<T> {
  /**
   * How the task stands.
   *
   * - `waiting`: until its function is called.
   * - `running`: until it settles.
   * - `fulfilled`, `rejected`: its function has ended with a result or an error; or its thread has died.
   * - `timed-out`: it ran longer than its `timeout`. Its function may still go on.
   * - `cancelled`: it was aborted, by `cancel` or its `signal`. Its function may still go on.
   * - `refused`: the pool has not run it. It was refused at once; or it waited, and was displaced, shed, cleared,
   *   released, or got no worker within its `waitTimeout`.
   */
  readonly state: TaskState
  /** Why the task was refused, if it was; otherwise `undefined`. */
  readonly refusal: RefusalInfo | undefined
  /** The number of the task in its pool: the first task has 1. `undefined` for a task that was refused at once. */
  readonly id: number | undefined
  /** How long the task has waited so far, in ms: from `future` until its function was called, or until it settled without. */
  readonly waitMs: number
  /** How long the task has run so far, in ms: from the call of its function until it settled; 0 if it has not started. */
  readonly runMs: number
  /**
   * Gives the result, as often as it is asked. Rejects with what `submit` or `run` would reject with; with
   * `ResultTimeoutError` if the result is not there after `timeout` ms; with the reason of `signal`; or with a TypeError
   * or RangeError with code `ERR_POOL_OPTION`. The task goes on if `get` gives up. Awaiting the future is `get()`.
   *
   * ```js
   * const future = pool.future(() => fetch(url))
   * const early = await future.get({ timeout: 100 }).catch(() => undefined)
   * const page = early ?? (await future.get())
   * ```
   */
  get(options?: GetOptions): Promise<T>
  /**
   * Aborts the task as its `signal` would: it never runs if it waits, and its `context.signal` aborts if it runs. `get`
   * rejects with `reason`. Returns false, and does nothing, if the task has settled.
   *
   * @param reason Default: an `AbortError`, as that of `AbortController.abort`.
   */
  cancel(reason?: unknown): boolean
  /**
   * Gives the task another priority while it waits. It stands behind all others that wait with that priority, as if it
   * came now; its `waitTimeout` runs on. Returns false, and does nothing, if the task does not wait, or if as many tasks
   * wait as may, where `background` has a bound of its own.
   *
   * @throws TypeError or RangeError with code `ERR_POOL_OPTION` if `priority` is not one of a task
   */
  setPriority(priority: NonNullable<SubmitOptions['priority']>): boolean
}

/** What is rejected with if no reason is given. */
function reasonOr(reason: unknown): unknown {
  if (reason !== undefined) return reason
  const controller = new AbortController()
  controller.abort()
  return controller.signal.reason
}

class FollowedFuture<T> implements Future<T> {
  readonly #pool: string
  readonly #followed = new Followed(undefined)

  constructor(pool: string, handIn: (followed: Followed) => void) {
    this.#pool = pool
    try {
      handIn(this.#followed)
    } catch (error) {
      this.#followed.fail(error)
    }
  }

  get state(): TaskState {
    return this.#followed.state
  }

  get refusal(): RefusalInfo | undefined {
    return this.#followed.refusal
  }

  get id(): number | undefined {
    return this.#followed.times.id || undefined
  }

  get waitMs(): number {
    return this.#followed.times.waitMs
  }

  get runMs(): number {
    return this.#followed.times.runMs
  }

  get(options?: GetOptions): Promise<T> {
    const promise = this.#followed.promise as Promise<T>
    try {
      const { timeout, signal } = checkGetOptions(options)
      if (timeout === undefined && signal === undefined) return then.call(promise) as Promise<T>
      if (signal?.aborted) return rejectedPromise(signal.reason)
      return this.#getOr(promise, timeout, signal)
    } catch (error) {
      return rejectedLater(error)
    }
  }

  #getOr(promise: Promise<T>, timeout: number | undefined, signal: AbortSignal | undefined): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const abort = (): void => {
        end()
        reject(signal!.reason)
      }
      // First, as it may throw.
      signal?.addEventListener('abort', abort)
      const giveUp = (): void => {
        end()
        reject(new ResultTimeoutError(this.#pool, timeout!))
      }
      const timer = timeout === undefined ? undefined : setTimeout(giveUp, timeout)
      const end = (): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', abort)
      }
      const fulfilled = (value: T): void => {
        end()
        resolve(value)
      }
      const rejected = (error: unknown): void => {
        end()
        reject(error)
      }
      follow(promise, fulfilled, rejected)
    })
  }

  cancel(reason?: unknown): boolean {
    return !this.#followed.hasSettled && this.#followed.abort(reasonOr(reason))
  }

  setPriority(priority: NonNullable<SubmitOptions['priority']>): boolean {
    return this.#followed.setPriority(checkPriority(priority))
  }

  // oxlint-disable-next-line unicorn/no-thenable -- whoever awaits a future awaits its result
  then<F = T, R = never>(
    onFulfilled?: ((value: T) => F | PromiseLike<F>) | null,
    onRejected?: ((error: unknown) => R | PromiseLike<R>) | null,
  ): Promise<F | R> {
    return then.call(this.get(), onFulfilled as never, onRejected as never) as Promise<F | R>
  }
}

/** Hands a job in, and gives the future of its task. What `job` throws is what the task fails with. */
export function futureOf<J, O extends JobOptions>(
  origin: Origin<J, O, any>,
  prepare: () => { readonly job: J; readonly options: O },
): Future<unknown> {
  return new FollowedFuture(origin.name, (followed) => {
    const { job, options } = prepare()
    submitFollowed(followed, origin, job, options)
  })
}
