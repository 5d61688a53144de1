/** What a MultiPool says to all the threads of its pools, and sees of them. */
import { rejectedLater } from '../base/intrinsics.js'
import type { BroadcastOptions } from '../options/broadcast-options.js'
import type { ProfileOptions } from '../options/profile-options.js'
import type { Origin } from '../origin/origin.js'
import type { ThreadProfile } from '../threads/inspect/profiles.js'
import type { ThreadStack } from '../threads/inspect/stacks.js'
import type { ThreadOrigin } from '../threads/owner/thread-origin.js'
import { BasePool } from './any-pool.js'
import type { Argument, Default, Named, Names, Result } from './module-types.js'
import { forAllThreads } from './needed.js'
import { noExports, noThreads } from './other-kind.js'
import type { ThreadPool } from './thread-pool.js'

/** The verbs of a MultiPool that concern all threads of its pools. */
export abstract class MultiThreadVerbs<P> extends BasePool {
  /** `undefined` if the pools run closures. */
  readonly #members: readonly ThreadOrigin[] | undefined

  /** @internal */
  constructor(origin: Origin<any, any, any>, members: readonly ThreadOrigin[] | undefined) {
    super(origin)
    this.#members = members
  }

  /** The pool with this index, from 0. */
  abstract at(index: number): P

  /**
   * Does the same as `broadcast` of a thread pool, in the threads of all pools, and gives the results in the order of the
   * pools. Rejects with `PoolClosedError` if all are closed.
   */
  broadcast<M, N extends Names<M> = Default<M>>(
    this: MultiThreadVerbs<ThreadPool<M>>,
    argument?: Argument<M, N>,
    options?: Named<BroadcastOptions, N>,
  ): Promise<Result<M, N>[]> {
    if (this.#members === undefined) return rejectedLater(noExports('broadcast'))
    return forAllThreads().broadcastChecking(this.#members, argument, options) as Promise<Result<M, N>[]>
  }

  /** Does the same as `stacks` of a thread pool, for the threads of all pools. */
  stacks(this: MultiThreadVerbs<ThreadPool<any>>): Promise<ThreadStack[]> {
    return this.#members === undefined
      ? rejectedLater(noThreads('stacks'))
      : forAllThreads().stacksOfAll(this.name, this.#members)
  }

  /** Does the same as `profile` of a thread pool, for the threads of all pools. */
  profile(this: MultiThreadVerbs<ThreadPool<any>>, options: ProfileOptions): Promise<ThreadProfile[]> {
    if (this.#members === undefined) return rejectedLater(noThreads('profile'))
    return forAllThreads().profileChecking(this.name, this.#members, options)
  }
}
