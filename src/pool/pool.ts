import { BasePool } from './any-pool.js'
import type { ClosureOrigin } from '../origin/closure-origin.js'
import { forget } from '../native/isolate.js'
import {
  type LeaseOptions,
  type MapOptions,
  type PoolOptions,
  type PoolSettings,
  type SubmitChecked,
  type SubmitOptions,
  checkPoolOptions,
} from '../options/options.js'
import type { Resource } from '../options/resource-options.js'
import { settling } from '../base/follow.js'
import { misuse } from '../base/errors.js'
import { Offer } from '../native/abi.js'
import type { Future } from '../future/future.js'
import type { Group } from '../group/group.js'
import type { Outcome } from '../group/outcome.js'
import type { GroupOptions } from '../options/group-options.js'
import { type ClosureAccess, NO_TERMS } from './closure-access.js'
import { forClosures, forScopes, forViews } from './needed.js'
import type { Lease } from '../origin/lease.js'
import type { Closure, TaskContext } from '../origin/task.js'
import { watchReachability } from '../origin/unreachable.js'
import type { Careful, Terms } from '../options/policy-options.js'
import type { CarefulPool, PoolWith } from './view-types.js'

const CREATE = Symbol('create')

/** The inside of a pool, for what is made of several pools. */
export let originOf: <R>(pool: Pool<R>) => ClosureOrigin<R>
export let isPool: (value: unknown) => value is Pool<unknown>
/** One pool for each of the settings, or, if one cannot be made, none. */
export let createPools: <R>(settings: readonly PoolSettings<R>[]) => Pool<R>[]

/**
 * Runs closures on this event loop, at most `size` of them at once. Further tasks wait, or are refused.
 *
 * ```js
 * const pool = Pool.create({ size: 50, maxBlockingTasks: 1_000 })
 * const page = await pool.submit(() => fetch(url), { waitTimeout: 500 })
 * ```
 */
export class Pool<R = unknown> extends BasePool {
  readonly #origin: ClosureOrigin<R>
  readonly #access: ClosureAccess<R>
  /** Whether something holds for every task, so that none is plain. */
  readonly #hasDefaults: boolean

  static {
    originOf = (pool) => pool.#origin
    isPool = (value): value is Pool<unknown> => typeof value === 'object' && value !== null && #origin in value
    createPools = <R>(settings: readonly PoolSettings<R>[]) => {
      const origins: ClosureOrigin<R>[] = []
      try {
        for (const each of settings) {
          const origin = new (forClosures().ClosureOrigin)(each)
          origins.push(origin)
          if (each.defaults !== undefined) origin.assertPossible(each.defaults.options)
        }
      } catch (error) {
        for (const origin of origins) origin.abandon(() => forget(origin.id))
        throw error
      }
      return origins.map((origin, i) => new Pool<R>(CREATE, origin, settings[i]!.defaults))
    }
  }

  private constructor(key: symbol, origin: ClosureOrigin<R>, defaults: Terms<SubmitChecked> | undefined) {
    if (key !== CREATE) throw misuse('a Pool is made by Pool.create')
    super(origin)
    this.#origin = origin
    this.#hasDefaults = defaults !== undefined
    const terms = defaults ?? NO_TERMS
    this.#access = { pool: this, origin, terms, abort: (marks, reason) => origin.abortAll(marks, reason) }
    watchReachability(this, origin)
  }

  /**
   * Makes a pool. It is open and has no workers yet.
   *
   * ```js
   * const pool = Pool.create({ size: 10, init: () => connect(), dispose: (connection) => connection.end() })
   * const rows = await pool.submit(({ resource }) => resource.query('select 1'))
   * ```
   *
   * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
   */
  static create<R = void>(options?: PoolOptions & Resource<R>): Pool<R> {
    return createPools<R>([checkPoolOptions<R>(options)])[0]!
  }

  override get kind(): 'closures' {
    return 'closures'
  }

  /**
   * Runs `task` as soon as a worker is free, and gives its result. It never throws. It rejects with what the task
   * throws or rejects with, with a `PoolError`, with `signal.reason`, or with the TypeError or RangeError of a bad
   * argument. The checks have this order: arguments, aborted signal, closed, overload. The promise keeps the process
   * alive until it settles.
   *
   * If a worker is free, the closure starts inside this call. If closures submit closures, and a hundred are inside one
   * another, the next one starts from a microtask. A closure runs in the `AsyncLocalStorage` context of this call, even
   * if it has waited. A closure that awaits a task of its own full pool waits for ever: give the inner work a pool of
   * its own, or `waitTimeout: 0`.
   */
  submit<T>(
    task: (context: TaskContext<R>) => T | PromiseLike<NoInfer<Awaited<T>>>,
    options?: SubmitOptions,
  ): Promise<Awaited<T>> {
    const origin = this.#origin
    // The plain submit, for which nothing is to be checked: the origin has it at once.
    if (options === undefined && !this.#hasDefaults && typeof task === 'function') {
      return origin.offer(task as Closure<R>, undefined, Offer.normal) as Promise<Awaited<T>>
    }
    return forClosures().submitChecking(this.#access, task, options) as Promise<Awaited<T>>
  }

  /**
   * The same pool with options for every task. What a call leaves out is taken from them; the options of a call win,
   * but of two signals both abort. With `policy` tasks are tried again, and with `fallback` there is an answer for what
   * the pool refuses, see `PolicyOptions`.
   *
   * ```js
   * const low = pool.with({ priority: 'low', timeout: 2_000, key: tenant.id })
   * await low.submit(() => report(tenant))
   * ```
   *
   * A view makes no call into the core, and nothing has to be closed, so it may be made for every request. It keeps the
   * pool. `with` of a view makes a view of the view.
   *
   * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
   */
  with<F = never>(options: SubmitOptions & Careful<F>): CarefulPool<R, Awaited<F>>
  with(options: SubmitOptions): PoolWith<R>
  with(options: unknown): PoolWith<R> {
    return forViews().viewOfClosures(this.#access, options)
  }

  /**
   * A function that does the same as `f`, as a task of this pool: it gives a promise of the result, and takes the same
   * arguments.
   *
   * ```js
   * const fetchInPool = pool.wrap(fetchPosts)
   * const posts = await fetchInPool(id)
   * ```
   *
   * @throws TypeError with code `ERR_POOL_OPTION` if `f` is no function
   */
  wrap<This, A extends unknown[], T>(
    f: (this: This, ...args: A) => T,
  ): (this: This, ...args: A) => Promise<Awaited<T>> {
    return forClosures().wrapping(this.#access, f) as (...args: unknown[]) => Promise<Awaited<T>>
  }

  /**
   * Does the same as `submit`, and gives the task as a value that says how it stands, and can be cancelled, moved to
   * another priority, and asked for its result as often as you like. It never throws, and it rejects nothing until
   * somebody asks for the result: a refusal is the state `refused`.
   *
   * ```js
   * const future = pool.future(() => render('index.md'), { priority: 'low' })
   * if (future.state === 'refused') console.warn(future.refusal?.reason, future.refusal?.retryAfter)
   * else console.log(await future.get({ timeout: 2_000 }))
   * ```
   */
  future<T>(
    task: (context: TaskContext<R>) => T | PromiseLike<NoInfer<Awaited<T>>>,
    options?: SubmitOptions,
  ): Future<Awaited<T>> {
    return forScopes().futureChecking(this.#access, task, options) as Future<Awaited<T>>
  }

  /**
   * Makes a group: a scope of tasks that succeed or fail together, as its `mode` says, and of which none goes on behind its
   * block. A failure is told once, by `join` or at the end of the block.
   *
   * ```js
   * await using group = pool.group({ limit: 8, timeout: 5_000, taskTimeout: 2_000 })
   * for (const url of urls) group.submit(({ signal }) => fetch(url, { signal }), { tag: url })
   * const pages = await group.join() // in the order of submission; the first failure aborts the others
   * ```
   *
   * With `limit` no more of them run at once, however large the pool is; with `timeout` the whole group takes no longer,
   * and with `taskTimeout` none of its tasks. It costs nothing while it has no tasks.
   *
   * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
   */
  group<T = unknown>(options?: GroupOptions & { mode?: 'all' | undefined }): Group<R, T, T[]>
  group<T = unknown>(options: GroupOptions & { mode: 'any' }): Group<R, T, T>
  group<T = unknown>(options: GroupOptions & { mode: 'allSettled' }): Group<R, T, Outcome<T>[]>
  group<T = unknown>(options?: GroupOptions): Group<R, T, T | T[] | Outcome<T>[]>
  group(options?: GroupOptions): Group<R> {
    return forScopes().groupOf(this.#access, options)
  }

  /**
   * Runs all `tasks`, and gives their results in the order of the tasks. They are accepted all together or refused all
   * together: a full pool rejects with one `PoolOverloadError`, and none of them runs. All are accepted before the first
   * one is called.
   *
   * ```js
   * const [user, posts] = await pool.submitAll([() => fetchUser(id), () => fetchPosts(id)], { timeout: 1_000 })
   * ```
   *
   * The first failure rejects at once with its error, and the rest is aborted: tasks that wait never run, and those that
   * run see their signal abort. Nothing is left unhandled. Without tasks it resolves to an empty array.
   *
   * All tasks are handed to the core within this call, and the event loop does not turn meanwhile. So hand in very many
   * in batches of some ten thousand, or use `map`.
   *
   * @param tasks functions, as `submit` takes them: an array, or any other iterable
   * @param options those of `submit`, for each task; `signal` aborts all of them. A pool without room for all refuses, as
   *   `submit` would refuse the last one: `nonblocking` needs a free worker for each, `maxBlockingTasks` a place
   */
  submitAll<F extends (context: TaskContext<R>) => unknown>(
    tasks: Iterable<F>,
    options?: SubmitOptions,
  ): Promise<Awaited<ReturnType<F>>[]> {
    return forClosures().submitAllChecking(this.#access, tasks, options) as Promise<Awaited<ReturnType<F>>[]>
  }

  /**
   * Runs `task` without a promise, and drops its result. Every end without success goes to `panicHandler`, or else to
   * `logger.error`. Only tasks that were displaced, shed or cleared are counted, for one line of `logger.warn` a second,
   * if there is no `panicHandler`.
   *
   * @throws what `submit` would reject with, if the task is refused
   */
  execute(task: (context: TaskContext<R>) => unknown, options?: SubmitOptions): void {
    forClosures().executeChecking(this.#access, task, options)
  }

  /**
   * The same as `execute`, but it returns false if the task is refused. A refusal allocates nothing, so this is the
   * cheapest way to turn work away.
   *
   * @throws for bad arguments only
   */
  tryExecute(task: (context: TaskContext<R>) => unknown, options?: SubmitOptions): boolean {
    return forClosures().tryExecuteChecking(this.#access, task, options)
  }

  /**
   * Gives a worker with its resource, to be held across functions until `release`: a transaction, a cursor, a stream.
   * Without `init` it is a slot of the capacity. A lease waits like a task, with its order, its bounds and its refusals;
   * it counts in `stats()` and for `rate` as one; it has no `timeout`. While it waits, the promise keeps the process
   * alive; a lease that is granted does not. `close`, `drain` and the like wait for it as for a running task, and
   * nothing takes it away from you: not `release` of the pool, nor the abort of a signal.
   *
   * ```js
   * const pool = Pool.create({ init: () => connect(), dispose: (connection) => connection.end() })
   * const lease = await pool.lease({ waitTimeout: 1_000 })
   * try {
   *   await lease.resource.query('begin')
   *   lease.release()
   * } catch (error) {
   *   lease.release(error) // isBroken decides whether the resource is kept
   *   throw error
   * }
   * ```
   *
   * With `using lease = await pool.lease()` the worker is given back at the end of the block, and the resource is kept.
   *
   * @param options `signal`, `waitTimeout`, `priority` and `key` of a task; they hold until the lease is granted
   */
  lease(options?: LeaseOptions): Promise<Lease<R>> {
    return forClosures().leaseChecking(this.#access, options)
  }

  /**
   * Resolves once `minSize` resources are there, or one if `minSize` is 0. Those that are missing are made now. Call it
   * before a service listens. Without `init` it resolves at once. Rejects with the error of `init` if one fails
   * meanwhile, with `WaitTimeoutError` if one takes longer than `initTimeout`, and with `PoolClosedError` if the pool is
   * closed or closes before that. Keeps the process alive until it settles.
   *
   * ```js
   * const pool = Pool.create({ minSize: 2, init: () => connect(), dispose: (connection) => connection.end() })
   * await pool.ready()
   * ```
   */
  ready(): Promise<void> {
    const origin = this.#origin
    return settling(() => origin.ready())
  }

  /**
   * Runs `task` for every item, and yields the results, in the order of the items unless `ordered` is false:
   *
   * ```js
   * for await (const page of pool.map(urls, (url, { signal }) => fetch(url, { signal }))) console.log(page.status)
   * ```
   *
   * Nothing happens before you ask for the first result. From then on the map takes items ahead of you, but only while
   * the pool has room for a task, and while it has taken fewer items than the capacity of the pool (1,024 if that has
   * no limit) whose result you have not got. So neither a fast source nor a slow loop fills the memory. What a sync
   * iterable gives is passed on as it is. If the pool refuses an item because others were faster, or an item is
   * displaced or shed, the map submits it again when there is room, and the result keeps its place.
   *
   * While the pool is full, the map stands in the queue like the task that it wants to submit, with its `priority`, so
   * it does not starve. It waits there no longer than `waitTimeout`, counted from when it wants an item. If an item has
   * been taken and there is no worker after all, because the source took its time, it waits no longer than
   * `waitTimeout` from then.
   *
   * The first failure ends the map: of a task, of the source, of the pool (`PoolClosedError`, `WaitTimeoutError`,
   * `TaskTimeoutError`), or the abort of `signal`. The loop throws it once. Results that you have not got are dropped,
   * the other tasks are aborted, and the source is closed. If you leave the loop early, the map ends in the same way;
   * nobody waits for its tasks.
   *
   * @param task is called with the item and with what a task of `submit` gets; its `context.signal` aborts when the map ends early
   * @param options those of `submit`, for the task of each item, but `signal` aborts the whole map; and `ordered`, default true
   * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
   */
  map<I, O>(
    items: Iterable<I> | AsyncIterable<I>,
    task: (item: I, context: TaskContext<R>) => O | PromiseLike<NoInfer<Awaited<O>>>,
    options?: MapOptions,
  ): AsyncIterableIterator<Awaited<O>> {
    return forClosures().mapChecking(this.#access, items, task, options)
  }
}
