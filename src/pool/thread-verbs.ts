/** What the user of a thread pool says to all of its threads, and sees of them. */
import type { BroadcastOptions } from '../options/broadcast-options.js'
import type { ProfileOptions } from '../options/profile-options.js'
import type { ThreadProfile } from '../threads/inspect/profiles.js'
import type { ThreadStack } from '../threads/inspect/stacks.js'
import type { ThreadOrigin } from '../threads/owner/thread-origin.js'
import { BasePool } from './any-pool.js'
import type { Argument, Default, Named, Names, Result } from './module-types.js'
import { forAllThreads } from './needed.js'

/** The verbs of a thread pool that concern all of its threads. */
export abstract class ThreadVerbs<M> extends BasePool {
  readonly #origin: ThreadOrigin

  /** @internal */
  constructor(origin: ThreadOrigin) {
    super(origin)
    this.#origin = origin
  }

  /**
   * Calls the default export, or the export `options.name`, once in every live thread, also in those that are starting:
   * to drop a cache, to load a new configuration, to ask each thread for its numbers. A thread calls it after its
   * current task and before any other; with `concurrency`, as soon as it may have one more task.
   *
   * ```js
   * await pool.broadcast(config, { name: 'configure', sticky: true })
   * const usages = await pool.broadcast(undefined, { name: 'memoryUsage', timeout: 1_000 })
   * ```
   *
   * Resolves to the results in the order of the threads' numbers, the oldest number first. A thread that ends before it
   * has begun the call is left out, so without threads the result is an empty array. If calls fail, it waits for the
   * others and rejects with an `AggregateError`; `errors` has one error per failed thread, whose stack names the
   * thread. It rejects with `PoolClosedError` if the pool is closed, and with a `DataCloneError` if the argument cannot
   * be cloned.
   *
   * `stats()` counts a task for each thread, which never counts as waiting: `nonblocking`, `maxBlockingTasks` and `rate`
   * do not hold for it. While the pool is paused, no thread begins. `release` rejects the calls that no thread has begun;
   * one that ended before it had begun counts as cancelled. A guest of a shared pool may broadcast, too.
   */
  broadcast<N extends Names<M> = Default<M>>(
    argument?: Argument<M, N>,
    options?: Named<BroadcastOptions, N>,
  ): Promise<Result<M, N>[]> {
    return forAllThreads().broadcastChecking([this.#origin], argument, options) as Promise<Result<M, N>[]>
  }

  /**
   * What every busy thread does at this moment: its tasks, for how long they have been running, and the JavaScript stack
   * of the thread, also if it is in an endless loop. It tells which task is stuck, and where.
   *
   * ```js
   * for (const { threadId, tasks, stack } of await pool.stacks()) {
   *   console.log(`thread ${threadId}: ${tasks.map(({ name, runMs }) => `${name} ${runMs} ms`).join(', ')}\n${stack}`)
   * }
   * ```
   *
   * Each thread is stopped for as long as this isolate takes to hear of it and to let it go on, some milliseconds as a
   * rule; breakpoints and `debugger` statements count in that time only. So do not call it in a tight loop, nor before
   * something that blocks this isolate in native code. A thread that ends meanwhile is left out. Threads that run no
   * JavaScript have an empty `stack`; one that is in native code is waited for up to 2 s. Calls come one after the
   * other. A thread that somebody debugs and has stopped stays stopped. It works while the pool is closing, too, and in
   * a guest of a shared pool.
   *
   * It needs Node's inspector, which is loaded by the first call. Rejects with `PoolUnsupportedError`
   * (`ERR_POOL_UNSUPPORTED`) where there is none. Keeps the process alive until it settles.
   */
  stacks(): Promise<ThreadStack[]> {
    return forAllThreads().stacksOfAll(this.name, [this.#origin])
  }

  /**
   * The CPU profiles of all live threads over so many ms, as the developer tools of Chrome and other viewers read them.
   *
   * ```js
   * for (const { name, profile } of await pool.profile({ ms: 1_000 })) {
   *   await writeFile(`${name}.cpuprofile`, JSON.stringify(profile))
   * }
   * ```
   *
   * Threads that start later are not among them, and a thread that ends meanwhile is left out. Rejects with a TypeError
   * or RangeError for bad options, and otherwise as `stacks` does. Keeps the process alive until it settles.
   */
  profile(options: ProfileOptions): Promise<ThreadProfile[]> {
    return forAllThreads().profileChecking(this.name, [this.#origin], options)
  }
}
