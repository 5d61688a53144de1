import type { InspectOptionsStylized, inspect } from 'node:util'

import { settling } from '../base/follow.js'
import { type PoolSummary, custom, show, summaryOf } from './inspection.js'
import { forReports } from './needed.js'
import type { PoolInspection } from '../observe/seen.js'
import type { Report, ReportOptions } from '../options/report-options.js'
import { needHeadroom } from '../base/headroom.js'
import { INSIDE, enlist } from '../base/registry.js'
import {
  type CloseOptions,
  type VacancyOptions,
  checkCloseOptions,
  checkMilliseconds,
  checkVacancyOptions,
} from '../options/options.js'
import type { LiveOptions } from '../options/live-options.js'
import { type PoolStats, Stat } from '../native/pool-stats.js'
import type { Histogram } from '../observe/histogram.js'
import type { Origin } from '../origin/origin.js'

/** The kind of a pool: `closures` is a `Pool`, `threads` a `ThreadPool`, `native` a `NativePool`, `multi` a `MultiPool`. */
export type PoolKind = 'closures' | 'threads' | 'native' | 'multi'

/**
 * What every pool has, of whatever kind: the numbers of its state, and the calls that close and open it. It is the type
 * for code that watches or closes pools and does not submit.
 *
 * ```js
 * for (const pool of [Pool.create({ name: 'fetch' }), MultiPool.create({ name: 'db', pools: 2 })]) {
 *   console.log(`${pool.kind} ${pool.name}: ${pool.busy} busy, ${pool.waiting} waiting`)
 * }
 * ```
 */
export type AnyPool = Pick<BasePool, keyof BasePool>

/** What pools of closures and of threads have in common. */
export abstract class BasePool implements AsyncDisposable {
  readonly #origin: Origin<any, any, any>

  /** @internal */
  constructor(origin: Origin<any, any, any>) {
    this.#origin = origin
    enlist(this, origin.counted)
  }

  /**
   * Resolves when a submit would not have to wait. A producer that awaits it makes no more work than the pool can take.
   * Whoever calls it stands in the queue like a task of default priority, but does not count as waiting; so nobody who
   * calls it starves beside those who submit. Each free slot lets one caller go on, and is kept for the submit of that
   * caller until the event loop turns: tasks that wait leave it alone until then. Nothing more is reserved. If others
   * who submit without asking are faster, that submit waits in the queue.
   *
   * ```js
   * for await (const message of queue) {
   *   await pool.vacancy()
   *   pool.execute(() => handle(message))
   * }
   * ```
   *
   * Of a `MultiPool`: when it would not have to wait in one of the pools. Rejects with `PoolClosedError` if the pool is
   * closed or closes meanwhile, of a `MultiPool` all pools, and with `signal.reason`. Keeps the
   * process alive until it settles.
   */
  vacancy(options?: VacancyOptions): Promise<void> {
    const origin = this.#origin
    return settling(() => origin.vacancy(checkVacancyOptions(options).signal))
  }

  /** The kind of the pool: `closures`, `threads`, `native` or `multi`. */
  abstract get kind(): PoolKind

  /** The option `name`, or `pool-1` and so on if it was not given. Errors, `stats()` and logs have it. */
  get name(): string {
    return this.#origin.name
  }

  /**
   * The largest number of live workers, as set by `size` or the last `tune` or `configure`; `Infinity` if there is no limit. Of a
   * `MultiPool` this and the other numbers are sums over its pools.
   */
  get capacity(): number {
    return this.#origin.stat(Stat.capacity)
  }

  /** Live workers, busy and idle. One that has a task of a `weight` counts as so many. */
  get running(): number {
    return this.#origin.stat(Stat.running)
  }

  /**
   * Workers that have a task, that start (their resource is being made, or their thread loads its module), or that end
   * (their resource is being disposed of, or their thread ends). A closure that was aborted or timed out keeps its
   * worker busy until it ends.
   */
  get busy(): number {
    return this.#origin.stat(Stat.busy)
  }

  /** Live workers that have no task: running − busy. */
  get idle(): number {
    return this.#origin.stat(Stat.idle)
  }

  /**
   * How many workers could take a task now, because they are idle or could be started: capacity − busy, not below 0; 0
   * while the pool is paused. A worker that is being disposed of holds its slot. Further tasks that a busy thread could have (`concurrency`) are
   * not counted.
   */
  get available(): number {
    return this.#origin.stat(Stat.available)
  }

  /** How many workers could be started: capacity − running, not below 0. */
  get free(): number {
    return this.#origin.stat(Stat.free)
  }

  /** Accepted tasks that have no worker yet. */
  get waiting(): number {
    return this.#origin.stat(Stat.waiting)
  }

  /**
   * What the pool has at this moment: its workers with their tasks, and who waits, in the order in which they will start.
   * It is for operators and pages that look now and then: however many tasks wait, the pool is held up for less than a
   * millisecond.
   *
   * ```js
   * for (const { state, tasks } of pool.inspect().workers) {
   *   for (const { id, name, runMs } of tasks) console.log(`${state}: task ${id}, ${name}, for ${runMs} ms`)
   * }
   * ```
   *
   * Tasks note their times and where they were submitted only if an option of the pool or of the task asks for it, see
   * `InspectedTask`. Workers and waiting tasks are not read in the same moment.
   */
  inspect(): PoolInspection {
    const { name, kind } = this
    return { name, kind, stats: this.stats(), ...this.#origin.inspect() }
  }

  /**
   * Writes a line about the pool now and then: what runs and waits, what has become of tasks since the line before, and, with
   * the option `measure`, the median and the 99th percentile of how long they have waited and run since then. It
   * stops with `stop()`, at the end of a `using` block, and once the pool is closed and empty. It keeps neither the
   * process nor the pool alive.
   *
   * ```js
   * const report = pool.report({ every: 60_000 })
   * report.stop()
   * ```
   *
   * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
   */
  report(options?: ReportOptions): Report {
    return forReports().report(this, options)
  }

  /**
   * What is behind the pool, for entry points that do more with it and load none of the pools.
   *
   * @internal
   */
  [INSIDE](): Origin<any, any, any> {
    return this.#origin
  }

  /** What `JSON.stringify` shows: kind, name, state and the main numbers. `Infinity` is `null` there. */
  toJSON(): PoolSummary {
    const { name, kind } = this
    return { kind, name, ...summaryOf(this.stats()) }
  }

  /** @internal */
  [custom](depth: number, options: InspectOptionsStylized, inspectValue: typeof inspect): unknown {
    // A prototype is shown as any other.
    if (!(#origin in this)) return this
    const origin = this.#origin
    return show(this.constructor.name, origin.name, () => origin.stats(), depth, options, inspectValue)
  }

  /**
   * Whether new tasks are refused: by all pools, if it is a `MultiPool`. In a shared pool it is also true once this
   * handle has left.
   */
  get isClosed(): boolean {
    return this.#origin.isClosed()
  }

  /**
   * All numbers of the pool, at one moment. Counters run on from the creation of the pool. Peaks begin again with each
   * generation.
   *
   * Of a `MultiPool`: the sums of the stats of the pools, which are read one after the other. `rejected.overload` and
   * `rejected.closed` include the tasks that no pool took, each of them once. `generation` is the highest of the pools.
   * The peaks are sums of peaks, so all pools together had no more than that at once.
   */
  stats(): PoolStats {
    return this.#origin.stats()
  }

  /**
   * How long tasks have waited or run until now, in a pool with the option `measure`. Of a `MultiPool`: over all its
   * pools that measure or have measured.
   *
   * ```js
   * const pool = Pool.create({ measure: true })
   * console.log(pool.histogram('wait').percentile(95))
   * ```
   *
   * @param measure `wait`, from the acceptance of a task until its function is called, or `run`, from then until the function
   *   has ended, also if the task has settled before; of tasks whose function has ended
   * @throws TypeError or RangeError with code `ERR_POOL_OPTION`, also if the pool has never measured
   */
  histogram(measure: 'wait' | 'run'): Histogram {
    return this.#origin.histogram(measure)
  }

  /**
   * Changes the capacity. If it grows, waiting tasks start at once. If it shrinks, idle workers retire at once and busy
   * ones as they finish, and nothing new starts above the new capacity. It also works on a closed pool. The same size
   * changes nothing.
   *
   * A `MultiPool` changes the capacity of each of its pools to `size`.
   *
   * @param size as the option `size`
   * @throws RangeError or TypeError with code `ERR_POOL_OPTION`
   */
  tune(size: number): void {
    needHeadroom()
    this.#origin.configure({ size: this.#origin.checkSize(size) })
  }

  /**
   * Changes options while the pool runs: all that are given, or, if one of them is not allowed, none. What the change
   * leaves out stays as it is. Live are `size`, `expiry`, `nonblocking`, `maxBlockingTasks`, `slowTask`, `overload`, `shed`, `rate`,
   * `perKey`, `maxBlockingPerKey` and `measure`, and of thread pools `minSize` and `grace`.
   *
   * The change holds at once, for tasks that wait, too: if more may start now, it starts; a bound that shrinks refuses
   * further tasks and rejects none that wait. A new `expiry` also wins over `disablePurge`. It works on a closed pool as
   * well. In a shared pool the change holds for all isolates; whoever calls `create` later still has to agree with the
   * options with which the pool was made.
   *
   * A `MultiPool` checks the change against all its pools, and then changes one after the other.
   *
   * ```js
   * pool.configure({ size: 20, maxBlockingTasks: 500, rate: { limit: 10, interval: 1_000 } })
   * pool.configure({ rate: false })
   * ```
   *
   * @throws TypeError or RangeError with code `ERR_POOL_OPTION` if an option is not live or not allowed, or contradicts another one; then nothing has changed
   */
  configure(change: LiveOptions): void {
    needHeadroom()
    this.#origin.configure(this.#origin.checkChange(change))
  }

  /**
   * From now on no task starts, until `resume`. Tasks that workers have go on, workers that are starting become ready,
   * and tasks are accepted and wait; their `waitTimeout` runs, no `vacancy` comes, and `nonblocking` refuses with
   * `PoolOverloadError`, reason `paused`. `drain` and the natural end of the process wait for `resume`; `close`,
   * `release` and `destroy` end the pause. `runSync` throws.
   *
   * A closed pool does not pause: then it does nothing. In a shared pool it holds for all isolates; if the isolate that
   * has paused the pool ends, the pool resumes. A `MultiPool` pauses all its pools.
   *
   * ```js
   * pool.pause()
   * await migrate()
   * pool.resume()
   * ```
   */
  pause(): void {
    needHeadroom()
    this.#origin.pause()
  }

  /** Ends a pause: what waits starts at once, as far as it may. Without a pause it does nothing. */
  resume(): void {
    needHeadroom()
    this.#origin.resume()
  }

  /**
   * Whether the pool is paused. Of a `MultiPool`: whether all its pools are paused, but for those that are closed.
   */
  get isPaused(): boolean {
    return this.#origin.isPaused()
  }

  /**
   * Empties the queue: all tasks that wait at this moment reject with `PoolClearedError`. What runs goes on, and the
   * pool stays open. In a shared pool it rejects the tasks of all isolates. A `MultiPool` clears all its pools.
   *
   * ```js
   * const dropped = pool.clear()
   * ```
   *
   * @returns how many tasks were rejected
   */
  clear(): number {
    needHeadroom()
    return this.#origin.clear()
  }

  /**
   * Closes the pool now: waiting tasks reject with `PoolClosedError`, running tasks finish, and idle workers retire.
   * Nothing is interrupted. A second call does nothing.
   */
  release(): void {
    needHeadroom()
    this.#origin.release()
  }

  /**
   * Releases the pool, and waits until no worker is left. If some are left after `ms`, it rejects with
   * `ReleaseTimeoutError`, and the pool stays closed. If the pool is closed already, it only waits, for the workers of
   * the generation that was closed.
   *
   * A `MultiPool` rejects with an `AggregateError`: `errors[i]` is a `ReleaseTimeoutError`, and `errors[i].index` says
   * of which pool.
   *
   * @param ms from the call, from 0 to 2³¹ − 1
   */
  releaseTimeout(ms: number): Promise<void> {
    const origin = this.#origin
    return settling(() => origin.releaseTimeout(checkMilliseconds(ms)))
  }

  /**
   * Refuses new tasks, runs all tasks that were accepted, and then resolves. After `timeout`, tasks that still wait
   * reject, and `close` rejects with `ReleaseTimeoutError`; with `abort`, tasks that still run are aborted then. When `signal` aborts, or `release` is called meanwhile,
   * tasks that still wait reject, and `close` resolves when the busy workers have ended. A `MultiPool` rejects with an
   * `AggregateError`, as by `releaseTimeout`.
   *
   * ```js
   * process.once('SIGTERM', () => {
   *   pool.close({ timeout: 10_000 }).catch(console.error) // ReleaseTimeoutError
   * })
   * ```
   */
  close(options?: CloseOptions): Promise<void> {
    const origin = this.#origin
    return settling(() => origin.close(checkCloseOptions(options)))
  }

  /**
   * Resolves when no task waits and no worker is busy, at once if that is so now. It does not close the pool, so others
   * may submit meanwhile. If tasks wait in a pause, it waits for `resume`, too.
   */
  drain(): Promise<void> {
    const origin = this.#origin
    return settling(() => origin.drain())
  }

  /**
   * Opens a closed pool again, as a new generation. Tasks that still wait reject. Workers of the old generation retire
   * when they finish, and do not count in the new one. On an open pool it does nothing. A `MultiPool` opens all its
   * closed pools; if there was one, `round-robin` and `smart-round-robin` begin again at index 0.
   *
   * @throws PoolClosedError if the `signal` of the pool has aborted, if this handle of a shared pool has left, or if the owner of the threads of a shared thread pool has ended; by a `MultiPool` in an AggregateError whose `errors[i].index` says of which pool, and the others are open then
   */
  reboot(): void {
    needHeadroom()
    this.#origin.reboot()
  }

  /**
   * Is `close()`, for `await using`. In a shared pool only this handle leaves: it refuses new tasks and waits for its
   * own. The last handle that leaves closes the pool; until then the threads of a shared thread pool stay with the
   * isolate that has them.
   *
   * ```js
   * await using pool = Pool.create({ size: 10 })
   * ```
   */
  [Symbol.asyncDispose](): Promise<void> {
    const origin = this.#origin
    return settling(() => origin.leave())
  }
}
