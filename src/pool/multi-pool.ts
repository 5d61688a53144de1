import type { InspectOptionsStylized, inspect } from 'node:util'

import { Offer } from '../native/abi.js'
import { WaitTimeoutError, misuse } from '../base/errors.js'
import type { Face } from '../origin/face.js'
import { settling } from '../base/follow.js'
import { custom, show } from './inspection.js'
import { needHeadroom } from '../base/headroom.js'
import { type Taker, map } from '../map/map.js'
import { MultiFace } from '../origin/multi-face.js'
import {
  type MultiPoolOptions,
  checkIndex,
  checkMultiPoolOptions,
  checkPools,
  checkStrategy,
} from '../options/multi-pool-options.js'
import {
  type CloseOptions,
  type MapOptions,
  type PoolOptions,
  type Resource,
  type SubmitOptions,
  type VacancyOptions,
  checkCloseOptions,
  checkMilliseconds,
  checkSize,
  checkSubmitOptions,
  checkTask,
  checkVacancyOptions,
} from '../options/options.js'
import { type ClosureVerb, type ExportVerb, noClosures, noExports } from './other-kind.js'
import type { AnyPool } from './any-pool.js'
import { type Pool, createPools, faceOf, isPool } from './pool.js'
import {
  type Named,
  type Names,
  type Run,
  type Tasks,
  type ThreadPool,
  type With,
  type WithDefault,
  type WithOptions,
  isThreadPool,
  tasksOf,
  threadFaceOf,
} from './thread-pool.js'
import { type RunChecked, checkRunOptions } from '../options/thread-options.js'
import { rejectedLater, rejectedPromise } from '../base/intrinsics.js'
import { DEFAULT, type ThreadFace } from '../threads/owner/thread-face.js'
import { merged } from '../base/own.js'
import { type PoolStats, Stat } from '../native/pool-stats.js'
import type { Strategy } from '../options/strategy.js'
import type { Closure, TaskContext } from '../origin/task.js'

const CREATE = Symbol('create')

/** Pools of closures, or thread pools. */
type OfOneKind<P> = [P] extends [Pool<any>] ? unknown : [P] extends [ThreadPool<any>] ? unknown : never

/** The options of a task, checked once for all the pools that may be asked. */
function prepare(options: unknown): ReturnType<typeof checkSubmitOptions> | undefined {
  if (options === undefined) return undefined
  return checkSubmitOptions(options)
}

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
export class MultiPool<P> implements AnyPool {
  /** Strong, as a pool that nobody references is released. */
  readonly #pools: readonly P[]
  readonly #face: MultiFace<any>
  readonly #isOfThreads: boolean
  /** The exported functions of the task module, called in the first thread pool that takes the task. */
  #tasks: Tasks<any> | undefined

  private constructor(
    key: symbol,
    name: string,
    pools: readonly P[],
    faces: readonly (Face<any> | ThreadFace)[],
    strategy: Strategy,
  ) {
    if (key !== CREATE) throw misuse('a MultiPool is made by MultiPool.create or MultiPool.of')
    this.#pools = pools
    this.#face = new MultiFace(name, faces, strategy)
    this.#isOfThreads = isThreadPool(pools[0])
  }

  #needClosures(verb: ClosureVerb): void {
    if (this.#isOfThreads) throw noClosures(verb)
  }

  #needThreads(verb: ExportVerb): void {
    if (!this.#isOfThreads) throw noExports(verb)
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
    const { name, settings, strategy } = checkMultiPoolOptions<R>(options)
    const pools = createPools(settings)
    return new MultiPool(CREATE, name, pools, pools.map(faceOf), strategy)
  }

  /**
   * Makes a MultiPool of pools of one kind: from 1 to 1,024, of any sizes, none of them twice. The pools can still be
   * used directly, and the array may be changed afterwards.
   *
   * ```js
   * const either = MultiPool.of([local, remote], { strategy: ([a, b]) => (a.waiting > 100 ? 1 : 0) })
   * ```
   *
   * @param options `strategy`, as in `create`
   * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
   */
  static of<P extends Pool<any> | ThreadPool<any>>(
    pools: readonly P[] & OfOneKind<P>,
    options?: { strategy?: MultiPoolOptions['strategy'] | undefined },
  ): MultiPool<P> {
    const isOfThreads = Array.isArray(pools) && isThreadPool(pools[0])
    const { name, members, strategy } = checkPools<P>(pools, options, isOfThreads ? isThreadPool : isPool)
    const faces = members.map((pool) => (isThreadPool(pool) ? threadFaceOf(pool) : faceOf(pool as Pool<any>)))
    return new MultiPool(CREATE, name, members, faces, strategy)
  }

  /**
   * The pool with this index, from 0.
   *
   * @throws RangeError (TypeError, if it is no number) with code `ERR_POOL_OPTION`
   */
  at(index: number): P {
    return this.#pools[checkIndex(index, this.#pools.length)]!
  }

  /**
   * Changes the strategy, from the next task on. Tasks that wait stay where they are, and round robin goes on where it
   * was.
   *
   * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
   */
  setStrategy(strategy: Strategy): void {
    this.#face.naming.strategy = checkStrategy(strategy)
  }

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
    return this.#submit(task as Closure<any>, options) as Promise<Awaited<T>>
  }

  #submit(task: Closure<any>, options: unknown): Promise<unknown> {
    const face: MultiFace<Face<any>> = this.#face
    try {
      this.#needClosures('submit')
      checkTask(task)
      const checked = prepare(options)
      if (checked?.signal?.aborted) return rejectedPromise(checked.signal.reason)
      const named = face.naming.name()
      return face.members[named]!.offer(task, checked, Offer.atOnce) ?? this.#submitElsewhere(named, task, checked)
    } catch (error) {
      return rejectedLater(error)
    }
  }

  /** Apart from `#submit`, which would pay for the closure even if it is not made. */
  #submitElsewhere(named: number, task: Closure<any>, checked: ReturnType<typeof prepare>): Promise<unknown> {
    const promise = this.#face.ask<Promise<unknown>>(named, (member, offer) => member.offer(task, checked, offer))
    return promise ?? rejectedPromise(this.#face.refusal())
  }

  /**
   * Does the same as `execute` of a pool, in the first pool that takes the task. An end without success is reported to
   * the `panicHandler` or `logger` of that pool.
   *
   * @throws what `submit` would reject with, if the task is refused
   */
  execute<R>(this: MultiPool<Pool<R>>, task: (context: TaskContext<R>) => unknown, options?: SubmitOptions): void {
    this.#needClosures('execute')
    checkTask(task)
    const checked = prepare(options)
    if (checked?.signal?.aborted) throw checked.signal.reason
    if (!this.#execute(this.#face.naming.name(), task, checked)) throw this.#face.refusal()
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
    this.#needClosures('tryExecute')
    checkTask(task)
    const checked = prepare(options)
    if (checked?.signal?.aborted) return false
    const named = this.#face.naming.name()
    try {
      if (this.#execute(named, task, checked)) return true
    } catch (error) {
      // A pool has counted it.
      if (error instanceof WaitTimeoutError && checked?.waitTimeout === 0) return false
      throw error
    }
    this.#face.countRefusal()
    return false
  }

  #execute(named: number, task: Closure<any>, checked: ReturnType<typeof prepare>): boolean {
    const isTaken = this.#face.members[named]!.tryExecute(task, checked, Offer.atOnce)
    return isTaken || this.#executeElsewhere(named, task, checked)
  }

  #executeElsewhere(named: number, task: Closure<any>, checked: ReturnType<typeof prepare>): boolean {
    const take = (member: Face<any>, offer: Offer) => member.tryExecute(task, checked, offer) || undefined
    return this.#face.ask<true>(named, take) === true
  }

  // ── thread pools ────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Does the same as `run` of a thread pool, in the first pool that takes the task. Rejects as `submit` does if no pool
   * takes it. All pools should have the same task module.
   */
  get run(): P extends ThreadPool<infer M> ? Run<M> : never {
    return this.#runAny as P extends ThreadPool<infer M> ? Run<M> : never
  }

  readonly #runAny = ((argument: unknown, options: unknown) =>
    this.#run(argument, options, checkRunOptions(undefined))) as Run<any>

  /** The same as `tasks` of a thread pool, in the first pool that takes the task. */
  get tasks(): P extends ThreadPool<infer M> ? Tasks<M> : never {
    this.#tasks ??= this.#tasksWith(checkRunOptions(undefined))
    return this.#tasks as P extends ThreadPool<infer M> ? Tasks<M> : never
  }

  /**
   * The same pools with options for every call of an export, like `with` of a thread pool.
   *
   * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
   */
  with<M, N extends Names<M> | undefined = undefined>(
    this: MultiPool<ThreadPool<M>>,
    options: Named<WithOptions, N>,
  ): With<M, WithDefault<M, N>> {
    this.#needThreads('with')
    const checked = checkRunOptions(options)
    const run = (argument: unknown, own: unknown) => this.#run(argument, own, checked)
    return { run: run as Run<WithDefault<M, N>>, tasks: this.#tasksWith(checked) }
  }

  #tasksWith(options: RunChecked): Tasks<any> {
    return tasksOf({ call: (name, argument, own, isSpread) => this.#call(name, argument, own, isSpread) }, options)
  }

  #run(argument: unknown, options: unknown, defaults: RunChecked): Promise<unknown> {
    try {
      this.#needThreads('run')
      const checked = options === undefined ? defaults : merged(defaults, checkRunOptions(options))
      return this.#call(checked.name ?? DEFAULT, argument, checked, false)
    } catch (error) {
      return rejectedLater(error)
    }
  }

  #call(name: string, argument: unknown, options: RunChecked, isSpread: boolean): Promise<unknown> {
    const face: MultiFace<ThreadFace> = this.#face
    const { signal } = options
    try {
      this.#needThreads('tasks')
      if (signal?.aborted) return rejectedPromise(signal.reason)
      const named = face.naming.name()
      const offer = (member: ThreadFace, mode: Offer) => member.offer(name, argument, options, isSpread, mode)
      const promise = offer(face.members[named]!, Offer.atOnce) ?? face.ask(named, offer)
      return promise ?? rejectedPromise(face.refusal())
    } catch (error) {
      return rejectedLater(error)
    }
  }

  // ── over all pools ──────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Does the same as `map` of a pool, over all pools. It takes as many items ahead as their capacities together.
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
  ): AsyncIterableIterator<Awaited<O>> {
    this.#needClosures('map')
    const taker: Taker<TaskContext<R>> = {
      capacity: () => this.capacity,
      hasVacancy: () => this.#face.hasVacancy(),
      awaitTurn: (wait, told, refused) => this.#face.awaitTurn(wait, told, refused),
      submit: (run, taskOptions) => this.#submit(run, taskOptions),
      abort: (marks, reason) => this.#face.members.forEach((member: Face<any>) => member.abortAll(marks, reason)),
    }
    return map(taker, items, task, options)
  }

  /**
   * Resolves when a submit would not have to wait in one of the pools, like `vacancy` of a pool. Rejects with
   * `PoolClosedError` when all pools are closed, and with `signal.reason`.
   */
  vacancy(options?: VacancyOptions): Promise<void> {
    const face = this.#face
    return settling(() => face.vacancy(checkVacancyOptions(options).signal))
  }

  /** The kind of the pool: `multi`. */
  get kind(): 'multi' {
    return 'multi'
  }

  /** The option `name` of `create`, or `pool-1` and so on if it was not given. */
  get name(): string {
    return this.#face.name
  }

  /** The sum of the capacities of the pools; `Infinity` if one of them has no limit. */
  get capacity(): number {
    return this.#face.stat(Stat.capacity)
  }

  /** Live workers of all pools, busy and idle. */
  get running(): number {
    return this.#face.stat(Stat.running)
  }

  /** Workers of all pools that have a task, that start, or that end. */
  get busy(): number {
    return this.#face.stat(Stat.busy)
  }

  /** Live workers without a task, of all pools. */
  get idle(): number {
    return this.#face.stat(Stat.idle)
  }

  /** The sum of what is available in each pool: so many tasks would start at once, unless a pool is closed. */
  get available(): number {
    return this.#face.stat(Stat.available)
  }

  /** How many workers could be started, in all pools. */
  get free(): number {
    return this.#face.stat(Stat.free)
  }

  /** Accepted tasks that have no worker yet, of all pools. */
  get waiting(): number {
    return this.#face.stat(Stat.waiting)
  }

  /** Whether all pools are closed. */
  get isClosed(): boolean {
    return this.#face.isClosed()
  }

  /** @internal */
  [custom](depth: number, options: InspectOptionsStylized, inspectValue: typeof inspect): unknown {
    if (!(#face in this)) return this
    const stats = () => ({ pools: this.#pools.length, ...this.#face.stats() })
    return show(this.constructor.name, this.#face.name, stats, depth, options, inspectValue)
  }

  /**
   * The sums of the stats of the pools, which are read one after the other. `rejected.overload` and `rejected.closed`
   * include the tasks that no pool took, each of them once. `generation` is the highest of the pools. The peaks are
   * sums of peaks, so all pools together had no more than that at once.
   */
  stats(): PoolStats {
    return this.#face.stats()
  }

  /**
   * Changes the capacity of each pool to `size`, so that all together have `size` × their number.
   *
   * @param size as the option `size`
   * @throws RangeError or TypeError with code `ERR_POOL_OPTION`
   */
  tune(size: number): void {
    needHeadroom()
    this.#face.tune(checkSize(size))
  }

  /** Releases all pools. */
  release(): void {
    needHeadroom()
    this.#face.release()
  }

  /**
   * Releases all pools, and waits until no worker is left in any of them. If some are left after `ms` (from 0, from the
   * call), it rejects with an `AggregateError`: `errors[i]` is a `ReleaseTimeoutError`, and `errors[i].index` says of
   * which pool.
   */
  releaseTimeout(ms: number): Promise<void> {
    const face = this.#face
    return settling(() => face.releaseTimeout(checkMilliseconds(ms)))
  }

  /**
   * Closes all pools, as `close` of a pool does. After `timeout` it rejects with an `AggregateError`, as
   * `releaseTimeout` does.
   */
  close(options?: CloseOptions): Promise<void> {
    const face = this.#face
    return settling(() => face.close(checkCloseOptions(options)))
  }

  /** Resolves when no task waits and no worker is busy in any pool. It closes nothing. */
  drain(): Promise<void> {
    const face = this.#face
    return settling(() => face.drain())
  }

  /**
   * Opens all closed pools again. If there was one, `round-robin` and `smart-round-robin` begin again at index 0.
   *
   * @throws AggregateError if the signal of a pool has aborted; `errors[i].index` says of which pool. The others are open then
   */
  reboot(): void {
    needHeadroom()
    this.#face.reboot()
  }

  /** Is `close()`, for `await using`. Of shared pools only these handles leave, as with `Pool`. */
  [Symbol.asyncDispose](): Promise<void> {
    const face = this.#face
    return settling(() => face.leave())
  }
}
