import type { InspectOptionsStylized, inspect } from 'node:util'

import type { JobAccess, NativeTicket } from '../addons/ticket.js'
import { misuse } from '../base/errors.js'
import { settling } from '../base/follow.js'
import { rejectedLater } from '../base/intrinsics.js'
import { Offer } from '../native/abi.js'
import type { MultiPoolOptions } from '../options/multi-pool-options.js'
import {
  type LeaseOptions,
  type MapOptions,
  type PoolOptions,
  type SubmitOptions,
  nextName,
} from '../options/options.js'
import type { Careful, CarefulCalls } from '../options/policy-options.js'
import type { Resource } from '../options/resource-options.js'
import type { JobChecked, NativeJobOptions } from '../options/native-options.js'
import type { Strategy } from '../options/strategy.js'
import type { MapRunOptions, RunAllOptions, StreamOptions, WithOptions } from '../options/thread-options.js'
import type { Lease } from '../origin/lease.js'
import type { MultiOrigin } from '../origin/multi-origin.js'
import type { Closure, TaskContext } from '../origin/task.js'
import { type CallAccess, NO_CALL_TERMS, mapCalls, runAllChecking, runChecking } from './call-verbs.js'
import { type ClosureAccess, NO_TERMS } from './closure-access.js'
import { custom, show } from './inspection.js'
import type {
  Argument,
  Chunk,
  Default,
  Named,
  Names,
  Result,
  Run,
  StreamCall,
  StreamDefault,
  StreamNames,
  Tasks,
  WithDefault,
} from './module-types.js'
import type { DefaultsOf, Members } from './multi-access.js'
import { type NativePool, isNativePool, nativeOriginOf } from './native-pool.js'
import { type ClosureVerb, type ExportVerb, noClosures, noExports, noJobs, onlyJobs } from './other-kind.js'
import { MultiThreadVerbs } from './multi-thread-verbs.js'
import { forClosures, forMultiPools, forNatives, forScopes, forStreams, forViews } from './needed.js'
import type { FutureOf, MultiGroup, OfOneKind } from './multi-types.js'
import { type Pool, createPools, isPool, originOf } from './pool.js'
import { type ThreadPool, isThreadPool, threadOriginOf } from './thread-pool.js'
import type { CarefulPool, CarefulThreads, PoolWith, With } from './view-types.js'

const CREATE = Symbol('create')

/**
 * Several pools that are used like one. A strategy names a pool for each task. If that pool cannot start the task at
 * once, the others are asked, those with the fewest tasks first. If none can, the task waits in the pool that the
 * strategy named. So nothing waits while any pool has room, and an overload means that all pools are full.
 *
 * Each pool keeps its own workers, queue and counters. That is worth having if the pools differ, in size or in what
 * their resources are connected to, or if one is to be released or rebooted without the others.
 *
 * ```js
 * const replicas = ['a.db', 'b.db'].map((host) => Pool.create({ name: host, size: 20, init: () => connect(host) }))
 * const db = MultiPool.of(replicas, { strategy: 'least-tasks' })
 * const rows = await db.submit(({ resource }) => resource.query('select 1'))
 * ```
 */
export class MultiPool<P> extends MultiThreadVerbs<P> {
  /** Strong, as a pool that nobody references is released. */
  readonly #pools: readonly P[]
  readonly #origin: MultiOrigin<any, any, any, any>
  readonly #closures: ClosureAccess<any> | undefined
  readonly #calls: CallAccess | undefined
  readonly #jobs: (JobAccess & { readonly terms: { readonly options: JobChecked } }) | undefined
  /** The exported functions of the task module, called in the first thread pool that takes the task. */
  #tasks: Tasks<any> | undefined

  private constructor(key: symbol, pools: readonly P[], members: Members) {
    if (key !== CREATE) throw misuse('a MultiPool is made by MultiPool.create or MultiPool.of')
    const { closures, calls, jobs } = members
    const { origin, terms } = (closures ?? calls ?? jobs)!
    origin.assertPossible(terms.options)
    super(origin, calls?.origin.members)
    this.#pools = pools
    this.#origin = origin
    this.#closures = closures && forMultiPools().accessToClosures(this, closures)
    this.#calls = calls && forMultiPools().accessToCalls(this, calls)
    this.#jobs = jobs && { ...jobs, pool: this }
  }

  override get kind(): 'multi' {
    return 'multi'
  }

  #noClosures(verb: ClosureVerb): TypeError {
    return this.#jobs === undefined ? noClosures(verb) : onlyJobs(verb)
  }

  #noExports(verb: ExportVerb): TypeError {
    return this.#jobs === undefined ? noExports(verb) : onlyJobs(verb)
  }

  /** Of what pools of closures and thread pools have both. */
  #assertTasks(verb: string): void {
    if (this.#jobs !== undefined) throw onlyJobs(verb)
  }

  #closuresFor(verb: ClosureVerb): ClosureAccess<any> {
    if (this.#closures === undefined) throw this.#noClosures(verb)
    return this.#closures
  }

  /**
   * Makes `pools` equal pools, each with the given options: `size` and `maxBlockingTasks` are those of one pool. The
   * pools are called `name#0`, `name#1`, …; without a `name`, `pool-1#0` and so on.
   *
   * ```js
   * const multi = MultiPool.create({ pools: 4, size: 64, strategy: 'least-tasks' })
   * ```
   *
   * @throws TypeError or RangeError with code `ERR_POOL_OPTION`; then no pool was made
   */
  static create<R = void>(options: PoolOptions & Resource<R> & MultiPoolOptions): MultiPool<Pool<R>> {
    const { name, settings, strategy, defaults: terms = NO_TERMS } = forMultiPools().checkMultiPoolOptions<R>(options)
    const pools = createPools(settings)
    return new MultiPool(CREATE, pools, {
      closures: { origin: forMultiPools().overClosures(name, pools.map(originOf), strategy), terms },
    })
  }

  /**
   * Makes a MultiPool of pools of one kind: from 1 to 1,024, of any sizes, none of them twice. The pools can still be
   * used directly, and the array may be changed afterwards.
   *
   * ```js
   * const either = MultiPool.of([local, remote], { strategy: ([a, b]) => (a.waiting > 100 ? 1 : 0) })
   * ```
   *
   * @param options `strategy`, as in `create`, and `defaults`, for what is handed in through the MultiPool
   * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
   */
  static of<P extends Pool<any> | ThreadPool<any> | NativePool>(
    pools: readonly P[] & OfOneKind<P>,
    options?: {
      strategy?: MultiPoolOptions['strategy'] | undefined
      defaults?: DefaultsOf<P> | undefined
    },
  ): MultiPool<P> {
    if (Array.isArray(pools) && isThreadPool(pools[0])) {
      const { strategy, defaults: terms = NO_CALL_TERMS } = forMultiPools().checkOfThreads(options)
      const members = forMultiPools().checkPools<ThreadPool<any>>(pools, isThreadPool)
      const origin = forMultiPools().overCalls(nextName(), members.map(threadOriginOf), strategy)
      return new MultiPool(CREATE, members as readonly unknown[] as readonly P[], { calls: { origin, terms } })
    }
    if (Array.isArray(pools) && isNativePool(pools[0])) {
      const { strategy, defaults } = forNatives().checkOfNatives(options)
      const members = forMultiPools().checkPools<NativePool>(pools, isNativePool)
      const origin = forNatives().overJobs(nextName(), members.map(nativeOriginOf), strategy)
      const jobs = { origin, terms: { options: defaults } }
      return new MultiPool(CREATE, members as readonly unknown[] as readonly P[], { jobs })
    }
    const { strategy, defaults: terms = NO_TERMS } = forMultiPools().checkOfClosures(options)
    const members = forMultiPools().checkPools<Pool<any>>(pools, isPool)
    const origin = forMultiPools().overClosures(nextName(), members.map(originOf), strategy)
    return new MultiPool(CREATE, members as readonly unknown[] as readonly P[], { closures: { origin, terms } })
  }

  /**
   * The pool with this index, from 0.
   *
   * @throws RangeError (TypeError, if it is no number) with code `ERR_POOL_OPTION`
   */
  override at(index: number): P {
    return this.#pools[forMultiPools().checkIndex(index, this.#pools.length)]!
  }

  /**
   * Changes the strategy, from the next task on. Tasks that wait stay where they are, and round robin goes on where it
   * was.
   *
   * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
   */
  setStrategy(strategy: Strategy): void {
    this.#origin.naming.strategy = forMultiPools().checkStrategy(strategy)
  }

  // ── closures ────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Does the same as `submit` of a pool, in the first pool that takes the task. Rejects with a `PoolOverloadError` if
   * no pool takes it, with a `PoolClosedError` if all are closed, and with what a strategy that is a function throws.
   * If `waitTimeout` is 0 and no pool has room, the pool that the strategy named gives the `WaitTimeoutError`, or the
   * first one that would have let the task wait.
   */
  submit<R, T>(
    this: MultiPool<Pool<R>>,
    task: (context: TaskContext<R>) => T | PromiseLike<NoInfer<Awaited<T>>>,
    options?: SubmitOptions,
  ): Promise<Awaited<T>> {
    const access = this.#closures
    if (access === undefined) return rejectedLater(this.#noClosures('submit'))
    // The plain submit, as that of a pool.
    if (options === undefined && access.terms === NO_TERMS && typeof task === 'function') {
      return access.origin.offer(task as Closure<any>, undefined, Offer.normal) as Promise<Awaited<T>>
    }
    return forClosures().submitChecking(access, task, options) as Promise<Awaited<T>>
  }

  /** Does the same as `future` of a pool, in the first pool that takes the task. `refusal` says what all pools said. */
  get future(): FutureOf<P> {
    this.#assertTasks('future')
    return forScopes().futureOver(this.#closures, this.#calls) as FutureOf<P>
  }

  /** Makes a group, as `group` of a pool does, see `MultiGroup`. */
  get group(): MultiGroup<P> {
    this.#assertTasks('group')
    return forScopes().groupOver(this.#closures, this.#calls) as MultiGroup<P>
  }

  /**
   * Does the same as `submitAll` of a pool, over all pools: each task goes to the pool that would take it if it was
   * submitted. If they cannot take all of them together, no task runs.
   */
  submitAll<R, F extends (context: TaskContext<R>) => unknown>(
    this: MultiPool<Pool<R>>,
    tasks: Iterable<F>,
    options?: SubmitOptions,
  ): Promise<Awaited<ReturnType<F>>[]> {
    const access = this.#closures
    if (access === undefined) return rejectedLater(this.#noClosures('submitAll'))
    return forClosures().submitAllChecking(access, tasks, options) as Promise<Awaited<ReturnType<F>>[]>
  }

  /**
   * Does the same as `execute` of a pool, in the first pool that takes the task. An end without success is reported to
   * the `panicHandler` or `logger` of that pool.
   *
   * @throws what `submit` would reject with, if the task is refused
   */
  execute<R>(this: MultiPool<Pool<R>>, task: (context: TaskContext<R>) => unknown, options?: SubmitOptions): void {
    forClosures().executeChecking(this.#closuresFor('execute'), task, options)
  }

  /**
   * The same as `execute`, but it returns false if the task is refused.
   *
   * @throws for bad arguments, and what a strategy that is a function throws
   */
  tryExecute<R>(
    this: MultiPool<Pool<R>>,
    task: (context: TaskContext<R>) => unknown,
    options?: SubmitOptions,
  ): boolean {
    return forClosures().tryExecuteChecking(this.#closuresFor('tryExecute'), task, options)
  }

  /**
   * Does the same as `map` of the pools, over all pools. It takes as many items ahead as their capacities together.
   *
   * ```js
   * for await (const row of db.map(ids, (id, { resource }) => resource.query('select …', id))) print(row)
   * ```
   *
   * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
   */
  map<R, I, O>(
    this: MultiPool<Pool<R>>,
    items: Iterable<I> | AsyncIterable<I>,
    task: (item: I, context: TaskContext<R>) => O | PromiseLike<NoInfer<Awaited<O>>>,
    options?: MapOptions,
  ): AsyncIterableIterator<Awaited<O>>
  map<M, N extends Names<M> = Default<M>>(
    this: MultiPool<ThreadPool<M>>,
    items: Iterable<Argument<M, N>> | AsyncIterable<Argument<M, N>>,
    options?: Named<MapRunOptions, N>,
  ): AsyncIterableIterator<Result<M, N>>
  map(items: Iterable<unknown>, task: unknown, options?: unknown): AsyncIterableIterator<any> {
    this.#assertTasks('map')
    return this.#calls === undefined
      ? forClosures().mapChecking(this.#closures!, items, task as () => unknown, options)
      : mapCalls(this.#calls, items, task)
  }

  /**
   * Does the same as `lease` of a pool, in the first pool that can give one.
   *
   * ```js
   * const lease = await db.lease()
   * ```
   */
  lease<R>(this: MultiPool<Pool<R>>, options?: LeaseOptions): Promise<Lease<R>> {
    const access = this.#closures
    return access === undefined
      ? rejectedLater(this.#noClosures('lease'))
      : forClosures().leaseChecking(access, options)
  }

  /**
   * Resolves when `ready` of each pool has. Rejects with what it rejects with of the first one that fails, in the order
   * of the pools.
   */
  ready(): Promise<void> {
    const origin = this.#origin
    return settling(() => origin.ready())
  }

  // ── exports ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Does the same as `run` of a thread pool, in the first pool that takes the task. Rejects as `submit` does if no pool
   * takes it. All pools should have the same task module.
   */
  get run(): P extends ThreadPool<infer M> ? Run<M> : never {
    return this.#runAny as P extends ThreadPool<infer M> ? Run<M> : never
  }

  readonly #runAny = ((argument: unknown, options: unknown) => {
    const access = this.#calls
    return access === undefined ? rejectedLater(this.#noExports('run')) : runChecking(access, argument, options)
  }) as Run<any>

  /** Does the same as `runAll` of a thread pool, over all pools, as `submitAll` does. */
  runAll<M, N extends Names<M> = Default<M>>(
    this: MultiPool<ThreadPool<M>>,
    args: Iterable<Argument<M, N>>,
    options?: Named<RunAllOptions, N>,
  ): Promise<Result<M, N>[]> {
    const access = this.#calls
    if (access === undefined) return rejectedLater(this.#noExports('runAll'))
    return runAllChecking(access, args, options) as Promise<Result<M, N>[]>
  }

  /** Does the same as `stream` of a thread pool, in the first pool that takes the task. */
  stream<M, N extends StreamNames<M> = StreamDefault<M>>(
    this: MultiPool<ThreadPool<M>>,
    ...call: StreamCall<M, N, StreamOptions>
  ): AsyncIterableIterator<Chunk<M, N>>
  stream(argument?: unknown, options?: StreamOptions): AsyncIterableIterator<unknown> {
    if (this.#calls === undefined) throw this.#noExports('stream')
    return forStreams().streamChecking(this.#calls, argument, options)
  }

  /** The same as `tasks` of a thread pool, in the first pool that takes the task. */
  get tasks(): P extends ThreadPool<infer M> ? Tasks<M> : never {
    this.#assertTasks('tasks')
    this.#tasks ??= forMultiPools().tasksOver(this.#calls)
    return this.#tasks as P extends ThreadPool<infer M> ? Tasks<M> : never
  }

  // ── native jobs ─────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Does the same as `job` of a native pool: the job is handed in to the first pool that takes it.
   *
   * ```js
   * const multi = MultiPool.of([NativePool.create({ size: 2 }), NativePool.create({ size: 2 })])
   * const digest = await addon.hash(multi.job({ timeout: 2_000 }), data)
   * ```
   *
   * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
   */
  job(this: MultiPool<NativePool>, options?: NativeJobOptions): NativeTicket {
    if (this.#jobs === undefined) throw noJobs()
    const { jobOptions, ticketOf } = forNatives()
    const checked = jobOptions(this.#jobs.terms.options, options)
    this.#origin.assertPossible(checked)
    return ticketOf(this.#jobs, checked)
  }

  // ── views ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * The same pools with options for every task, like `with` of one of the pools.
   *
   * ```js
   * const reports = db.with({ priority: 'low', timeout: 60_000 })
   * ```
   *
   * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
   */
  with<R, F = never>(this: MultiPool<Pool<R>>, options: SubmitOptions & Careful<F>): CarefulPool<R, Awaited<F>>
  with<R>(this: MultiPool<Pool<R>>, options: SubmitOptions): PoolWith<R>
  with<M, N extends Names<M> | undefined = undefined, F = never>(
    this: MultiPool<ThreadPool<M>>,
    options: Named<WithOptions, N> & CarefulCalls<F>,
  ): CarefulThreads<M, WithDefault<M, N>, Awaited<F>>
  with<M, N extends Names<M> | undefined = undefined>(
    this: MultiPool<ThreadPool<M>>,
    options: Named<WithOptions, N>,
  ): With<M, WithDefault<M, N>>
  with(options: unknown): any {
    this.#assertTasks('with')
    return this.#calls === undefined
      ? forViews().viewOfClosures(this.#closures!, options)
      : forViews().viewOfCalls(this.#calls, options)
  }

  /**
   * Does the same as `wrap` of a pool: each call runs in the first pool that takes it.
   *
   * @throws TypeError with code `ERR_POOL_OPTION` if `f` is no function
   */
  wrap<R, This, A extends unknown[], T>(
    this: MultiPool<Pool<R>>,
    f: (this: This, ...args: A) => T,
  ): (this: This, ...args: A) => Promise<Awaited<T>> {
    return forClosures().wrapping(this.#closuresFor('wrap'), f) as (...args: unknown[]) => Promise<Awaited<T>>
  }

  /** @internal */
  override [custom](depth: number, options: InspectOptionsStylized, inspectValue: typeof inspect): unknown {
    // A prototype is shown as any other.
    if (!(#pools in this)) return this
    const origin = this.#origin
    const stats = () => ({ pools: this.#pools.length, ...origin.stats() })
    return show(this.constructor.name, origin.name, stats, depth, options, inspectValue)
  }
}
