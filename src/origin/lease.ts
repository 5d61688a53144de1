import { How } from '../native/abi.js'
import { needHeadroom } from '../base/headroom.js'
import { resolvedPromise } from '../base/intrinsics.js'
import type { Failures } from './failures.js'
import type { Slot } from './slot.js'
import type { Closure } from './task.js'

/** What is submitted for a lease in place of a closure. It is never called; errors call the task by its name. */
export const LEASE: Closure<any> = function lease() {}

/** Who has the worker of a lease. */
export interface LeaseHolder<R> {
  /** What the core is told of an end with this error. */
  howFailed(slot: Slot<R>, error: unknown): How
  /** The worker of the lease is free. */
  endLease(slot: Slot<R>, how: How): void
}

/** The worker of a lease, as long as it is held. It does not reference the lease, whose collection ends it, too. */
class Hold<R> {
  #isOver = false

  constructor(
    private readonly slot: Slot<R>,
    private readonly holder: LeaseHolder<R>,
    private readonly failures: Failures,
    /** Where the lease was taken, if that is tracked. A text, as a stack that is none yet may reference the lease. */
    private readonly submitStack: string | undefined,
  ) {}

  release(error: unknown): void {
    if (this.#isOver) return
    needHeadroom()
    this.#isOver = true
    collected.unregister(this)
    const { slot, holder } = this
    holder.endLease(slot, error === undefined ? How.completed : holder.howFailed(slot, error))
  }

  /** Nobody is left who could release the lease. */
  lose(): void {
    this.#isOver = true
    const message = 'a lease was not released before it was collected; its resource is taken for broken'
    const { slot, submitStack } = this
    this.failures.log('warn', { worker: slot.id, ...(submitStack !== undefined && { submitStack }) }, message)
    this.holder.endLease(slot, How.failedAndBroken)
  }
}

const collected = new FinalizationRegistry<Hold<any>>((hold) => hold.lose())

/**
 * A worker of a pool that is held across functions, with its resource: for a transaction, or whatever else does not fit
 * into one closure. `pool.lease` gives it. The worker counts as busy until the lease is released.
 *
 * ```js
 * const pool = Pool.create({ init: () => connect(), dispose: (connection) => connection.end() })
 * const lease = await pool.lease({ waitTimeout: 1_000 })
 * try {
 *   await lease.resource.query('begin')
 *   await lease.resource.query('commit')
 *   lease.release()
 * } catch (error) {
 *   lease.release(error)
 *   throw error
 * }
 * ```
 *
 * A lease that is collected as garbage without release counts as broken: a warning is logged, and its resource is
 * disposed of. If the pool has `trackSubmit`, the warning has the place where the lease was taken, as `submitStack`.
 */
export interface Lease<R> extends HeldLease<R> {}

/** What programs know as `Lease`: a type only, as none of them makes one itself. */
export class HeldLease<R> implements Disposable, AsyncDisposable {
  readonly #hold: Hold<R>
  /** What `init` has made; `undefined` without `init`. It must not be used after the release. */
  readonly resource: R

  /** @internal */
  constructor(slot: Slot<R>, holder: LeaseHolder<R>, failures: Failures, submitStack: string | undefined) {
    this.resource = slot.resource as R
    this.#hold = new Hold(slot, holder, failures, submitStack)
    collected.register(this, this.#hold, this.#hold)
  }

  /**
   * Gives the worker back. With an error the task counts as failed, and `isBroken` decides whether the resource is kept.
   * Without one, or with `undefined`, the resource is kept. A second call does nothing.
   */
  release(error?: unknown): void {
    this.#hold.release(error)
  }

  /** Is `release()`, for `using`: the resource is kept, also if the block is left by an error. */
  [Symbol.dispose](): void {
    this.#hold.release(undefined)
  }

  /** Is `release()`, for `await using`. Nothing is waited for. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#hold.release(undefined)
    return resolvedPromise(undefined)
  }
}
