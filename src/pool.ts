import { Face } from './face.js'
import { forget } from './isolate.js'
import {
  type CloseOptions,
  type MapOptions,
  type PoolOptions,
  type PoolSettings,
  type Resource,
  type SubmitOptions,
  type VacancyOptions,
  checkMilliseconds,
  checkPoolOptions,
  checkSize,
  checkVacancyOptions,
} from './options.js'
import { misuse } from './errors.js'
import { type Taker, map } from './map.js'
import { type PoolStats, Stat } from './stats.js'
import type { Closure, TaskContext } from './task.js'

/**
 * Releases the pools that nobody references any more, once their last task has settled, and then gives their numbers back.
 * It must not reference what it waits for: a pool's options may reference the pool.
 */
const unreachable = new FinalizationRegistry<{ id: number; face: WeakRef<Face<never>> }>(({ id, face }) => {
  const left = face.deref()
  // A pool that has nothing to do goes with its face.
  if (left === undefined) forget(id)
  else left.abandon(() => forget(id))
})

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
export class Pool<R = void> implements AsyncDisposable {
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
    this.#face = face
    unreachable.register(this, { id: face.id, face: new WeakRef(face as unknown as Face<never>) })
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

  /**
   * Runs `task` as soon as a worker is free, at once if one is, and gives its result. It never throws; it rejects with
   * what the task throws or rejects with, with a `PoolError`, with `signal.reason`, or with the TypeError or RangeError of
   * a bad argument. A closure that waits inside its own full pool waits for ever.
   */
  submit<T>(task: (context: TaskContext<R>) => T | PromiseLike<T>, options?: SubmitOptions): Promise<Awaited<T>> {
    return this.#face.submit(task as Closure<R>, options) as Promise<Awaited<T>>
  }

  /**
   * Runs `task` without a promise. Every end without success goes to `panicHandler`, or else to `logger.error`.
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
    task: (item: I, context: TaskContext<R>) => O | PromiseLike<O>,
    options?: MapOptions,
  ): AsyncIterableIterator<Awaited<O>> {
    const face = this.#face
    // It references the pool, which would be released when nobody does, and not the face alone.
    const taker: Taker<TaskContext<R>> = {
      capacity: () => this.#face.capacity(),
      hasVacancy: () => face.hasVacancy(),
      vacancy: (signal) => face.vacancy(signal),
      submit: (run, taskOptions) => face.submit(run, taskOptions),
      abort: (marks, reason) => face.abortAll(marks, reason),
    }
    return map(taker, items, task, options)
  }

  /**
   * Resolves when a submit would not have to wait: a producer's brake. First come, first served, one per free slot; nothing is
   * reserved, so whoever submits without asking may be faster.
   *
   * ```js
   * for await (const message of queue) {
   *   await pool.vacancy()
   *   pool.execute(() => handle(message))
   * }
   * ```
   *
   * Rejects with `PoolClosedError` if the pool is or gets closed, and with `signal.reason`.
   */
  async vacancy(options?: VacancyOptions): Promise<void> {
    return this.#face.vacancy(checkVacancyOptions(options).signal)
  }

  /** Most closures that run at once; `Infinity` if unbounded. */
  get capacity(): number {
    return this.#face.stat(Stat.capacity)
  }

  /** Live workers, busy and idle. */
  get running(): number {
    return this.#face.stat(Stat.running)
  }

  /** Workers with a task, and those whose resource is being made. */
  get busy(): number {
    return this.#face.stat(Stat.busy)
  }

  /** Live workers without a task: running − busy. */
  get idle(): number {
    return this.#face.stat(Stat.idle)
  }

  /** Tasks that could start now: capacity − busy, not below 0. */
  get available(): number {
    return this.#face.stat(Stat.available)
  }

  /** Workers that could be started: capacity − running, not below 0. */
  get free(): number {
    return this.#face.stat(Stat.free)
  }

  /** Accepted tasks that have no worker yet. */
  get waiting(): number {
    return this.#face.stat(Stat.waiting)
  }

  /** Whether new tasks are refused. */
  get isClosed(): boolean {
    return this.#face.stat(Stat.isClosed) === 1
  }

  /** Everything that is counted, as one consistent snapshot. */
  stats(): PoolStats {
    return this.#face.stats()
  }

  /**
   * Changes the capacity. Growing starts waiting tasks at once. Shrinking retires idle workers at once and busy ones as they
   * finish; nothing new starts above the new size. Works on a closed pool, too.
   *
   * @param size as the option `size`
   * @throws RangeError or TypeError with code `ERR_POOL_OPTION`
   */
  tune(size: number): void {
    this.#face.tune(checkSize(size))
  }

  /** Closes now: waiting tasks reject with `PoolClosedError`, busy ones finish, idle workers retire. */
  release(): void {
    this.#face.release()
  }

  /**
   * Releases and waits until no worker is left. Rejects with `ReleaseTimeoutError` if some are after `ms` (≥ 0, from the
   * call); the pool stays closed. On a pool that is closed already it only waits.
   */
  async releaseTimeout(ms: number): Promise<void> {
    return this.#face.releaseTimeout(checkMilliseconds(ms))
  }

  /**
   * Refuses new tasks, runs all that was accepted, then resolves. After `timeout`, what still waits rejects, and `close` with
   * `ReleaseTimeoutError`; when `signal` aborts, what still waits rejects, and `close` resolves when the busy ones end.
   */
  async close(options?: CloseOptions): Promise<void> {
    return this.#face.close(options)
  }

  /** Resolves when nothing waits and nothing is busy. Does not close. */
  async drain(): Promise<void> {
    return this.#face.drain()
  }

  /**
   * Opens a closed pool again, as a new generation: what still waits rejects, and workers of the old generation retire when
   * they finish, without counting in the new one. Does nothing to an open pool.
   *
   * @throws PoolClosedError if the pool's `signal` has aborted
   */
  reboot(): void {
    this.#face.reboot()
  }

  /**
   * `close()`, for `await using`. Of a shared pool only this face goes: it refuses new tasks and waits for its own; the last one
   * closes the pool.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    return this.#face.leave()
  }
}
