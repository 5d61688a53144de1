import { BasePool } from './any-pool.js'
import { Face } from '../origin/face.js'
import { needHeadroom } from '../base/headroom.js'
import { forget } from '../native/isolate.js'
import {
  type MapOptions,
  type PoolOptions,
  type PoolSettings,
  type Resource,
  type SubmitOptions,
  checkPoolOptions,
  checkSize,
} from '../options/options.js'
import { misuse } from '../base/errors.js'
import { type Taker, map } from '../map/map.js'
import type { Closure, TaskContext } from '../origin/task.js'
import { watchReachability } from '../origin/unreachable.js'

const CREATE = Symbol('create')

/** The inside of a pool, for what is made of several pools. */
export let faceOf: <R>(pool: Pool<R>) => Face<R>
export let isPool: (value: unknown) => value is Pool<unknown>
/** One pool for each of the settings, or, if one cannot be made, none. */
export let createPools: <R>(settings: readonly PoolSettings<R>[]) => Pool<R>[]

/**
 * Runs async closures on this event loop, at most `size` at once; what does not fit waits, or is refused.
 *
 * ```js
 * const pool = Pool.create({ size: 50, maxBlockingTasks: 1_000 })
 * const page = await pool.submit(() => fetch(url), { waitTimeout: 500 })
 * ```
 */
export class Pool<R = unknown> extends BasePool {
  readonly #face: Face<R>

  static {
    faceOf = (pool) => pool.#face
    isPool = (value): value is Pool<unknown> => typeof value === 'object' && value !== null && #face in value
    createPools = <R>(settings: readonly PoolSettings<R>[]) => {
      const faces: Face<R>[] = []
      try {
        for (const each of settings) faces.push(new Face(each))
      } catch (error) {
        for (const face of faces) face.abandon(() => forget(face.id))
        throw error
      }
      return faces.map((face) => new Pool<R>(CREATE, face))
    }
  }

  private constructor(key: symbol, face: Face<R>) {
    if (key !== CREATE) throw misuse('a Pool is made by Pool.create')
    super(face)
    this.#face = face
    watchReachability(this, face)
  }

  /**
   * A new, open pool without workers.
   *
   * ```js
   * const pool = Pool.create({ size: 10, init: () => connect(), dispose: (connection) => connection.end() })
   * const rows = await pool.submit(({ resource }) => resource.query('select 1'))
   * ```
   *
   * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
   */
  static create<R = void>(options?: PoolOptions & Resource<R>): Pool<R> {
    return new Pool<R>(CREATE, new Face<R>(checkPoolOptions<R>(options)))
  }

  override get kind(): 'closures' {
    return 'closures'
  }

  /**
   * Runs `task` as soon as a worker is free, at once if one is, and gives its result. It never throws; it rejects with
   * what the task throws or rejects with, with a `PoolError`, with `signal.reason`, or with the TypeError or RangeError of
   * a bad argument. Checked in this order: arguments, aborted signal, closed, overload. Keeps the process alive until it settles.
   *
   * A closure that has a worker at once starts inside this call; once a hundred are inside one another, from a microtask. It runs
   * in the `AsyncLocalStorage` context of this call, also if it waited. One that awaits a task of its own full pool
   * waits for ever: give inner work a pool of its own, or `waitTimeout: 0`.
   */
  submit<T>(
    task: (context: TaskContext<R>) => T | PromiseLike<NoInfer<Awaited<T>>>,
    options?: SubmitOptions,
  ): Promise<Awaited<T>> {
    return this.#face.submit(task as Closure<R>, options) as Promise<Awaited<T>>
  }

  /**
   * Runs `task` without a promise; its result is dropped. Every end without success goes to `panicHandler`, or else to
   * `logger.error`.
   *
   * @throws what `submit` would reject with, if the task is refused
   */
  execute(task: (context: TaskContext<R>) => unknown, options?: SubmitOptions): void {
    this.#face.execute(task, options)
  }

  /**
   * The same as `execute`, but a task that is refused gives false. Nothing is built for a refusal, so this is the cheap way
   * to shed load.
   *
   * @throws for bad arguments only
   */
  tryExecute(task: (context: TaskContext<R>) => unknown, options?: SubmitOptions): boolean {
    return this.#face.tryExecute(task, options)
  }

  /**
   * Runs `task` for every item and yields the results, in the order of the items unless `ordered` is false:
   *
   * ```js
   * for await (const page of pool.map(urls, (url, { signal }) => fetch(url, { signal }))) console.log(page.status)
   * ```
   *
   * Nothing happens before the first result is asked for. From then on items are pulled ahead, but only while the pool has room
   * for a task, and while fewer items than the pool's capacity (1,024 if it is unbounded) are pulled and not yielded; so
   * neither a fast source nor a slow loop makes anything pile up. What a sync iterable gives is handed on as it is. If the
   * pool is overloaded all the same, as others were faster, the item is submitted again when there is room.
   *
   * While the pool is full the map stands in the queue as the task that it wants to submit would, with its `priority`: it starves
   * behind nobody. It waits there no longer than `waitTimeout`, counted from when it wants an item; an item that has been pulled and finds no worker after all,
   * as its source took its time, waits no longer than that from its pull.
   *
   * The first failure in time ends the map: of a task, of the source, of the pool (`PoolClosedError`, `WaitTimeoutError`,
   * `TaskTimeoutError`) or by `signal`. The loop throws it once, what was not yielded is dropped, the other tasks are
   * aborted, and the source is closed. Leaving the loop early ends the map in the same way; it waits for nobody.
   *
   * @param task gets the item and what a task of `submit` gets; its `context.signal` aborts when the map ends early
   * @param options those of `submit` for each item's task, where `signal` aborts the map as a whole; and `ordered`, default true
   * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
   */
  map<I, O>(
    items: Iterable<I> | AsyncIterable<I>,
    task: (item: I, context: TaskContext<R>) => O | PromiseLike<NoInfer<Awaited<O>>>,
    options?: MapOptions,
  ): AsyncIterableIterator<Awaited<O>> {
    const face = this.#face
    // It references the pool, which would be released when nobody does, and not the face alone.
    const taker: Taker<TaskContext<R>> = {
      capacity: () => this.#face.capacity(),
      hasVacancy: () => face.hasVacancy(),
      awaitTurn: (wait, told, refused) => face.awaitTurn(wait, told, refused),
      submit: (run, taskOptions) => face.submit(run, taskOptions),
      abort: (marks, reason) => face.abortAll(marks, reason),
    }
    return map(taker, items, task, options)
  }

  /** @param size as the option `size` */
  override tune(size: number): void {
    needHeadroom()
    this.#face.tune(checkSize(size))
  }
}
