import type { InspectOptionsStylized, inspect } from 'node:util'

import { settling } from '../base/follow.js'
import { custom, show } from './inspection.js'
import { needHeadroom } from '../base/headroom.js'
import { type CloseOptions, type VacancyOptions, checkMilliseconds, checkVacancyOptions } from '../options/options.js'
import { type PoolStats, Stat } from '../native/pool-stats.js'
import type { Verbs } from '../origin/verbs.js'

/** The kind of a pool: `closures` is a `Pool`, `threads` a `ThreadPool`, `multi` a `MultiPool`. */
export type PoolKind = 'closures' | 'threads' | 'multi'

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
  readonly #verbs: Verbs

  /** @internal */
  constructor(verbs: Verbs) {
    this.#verbs = verbs
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
   * Rejects with `PoolClosedError` if the pool is closed or closes meanwhile, and with `signal.reason`. Keeps the
   * process alive until it settles.
   */
  vacancy(options?: VacancyOptions): Promise<void> {
    const verbs = this.#verbs
    return settling(() => verbs.vacancy(checkVacancyOptions(options).signal))
  }

  /** The kind of the pool: `closures`, `threads` or `multi`. */
  abstract get kind(): PoolKind

  /** The option `name`, or `pool-1` and so on if it was not given. Errors, `stats()` and logs have it. */
  get name(): string {
    return this.#verbs.verbSettings.name
  }

  /** The largest number of live workers, as set by `size` or the last `tune`; `Infinity` if there is no limit. */
  get capacity(): number {
    return this.#verbs.stat(Stat.capacity)
  }

  /** Live workers, busy and idle. */
  get running(): number {
    return this.#verbs.stat(Stat.running)
  }

  /**
   * Workers that have a task, that start (their resource is being made, or their thread loads its module), or that end
   * (their resource is being disposed of, or their thread ends). A closure that was aborted or timed out keeps its
   * worker busy until it ends.
   */
  get busy(): number {
    return this.#verbs.stat(Stat.busy)
  }

  /** Live workers that have no task: running − busy. */
  get idle(): number {
    return this.#verbs.stat(Stat.idle)
  }

  /**
   * How many workers could take a task now, because they are idle or could be started: capacity − busy, not below 0. A
   * worker that is being disposed of holds its slot. Further tasks that a busy thread could have (`concurrency`) are
   * not counted.
   */
  get available(): number {
    return this.#verbs.stat(Stat.available)
  }

  /** How many workers could be started: capacity − running, not below 0. */
  get free(): number {
    return this.#verbs.stat(Stat.free)
  }

  /** Accepted tasks that have no worker yet. */
  get waiting(): number {
    return this.#verbs.stat(Stat.waiting)
  }

  /** @internal */
  [custom](depth: number, options: InspectOptionsStylized, inspectValue: typeof inspect): unknown {
    // A prototype is shown as any other.
    if (!(#verbs in this)) return this
    const verbs = this.#verbs
    return show(this.constructor.name, verbs.verbSettings.name, () => verbs.stats(), depth, options, inspectValue)
  }

  /** Whether new tasks are refused. In a shared pool it is also true once this handle has left. */
  get isClosed(): boolean {
    return this.#verbs.stat(Stat.isClosed) === 1
  }

  /**
   * All numbers of the pool, at one moment. Counters run on from the creation of the pool. Peaks begin again with each
   * generation.
   */
  stats(): PoolStats {
    return this.#verbs.stats()
  }

  /**
   * Changes the capacity. If it grows, waiting tasks start at once. If it shrinks, idle workers retire at once and busy
   * ones as they finish, and nothing new starts above the new capacity. It also works on a closed pool. The same size
   * changes nothing.
   *
   * @param size as the option `size`
   * @throws RangeError or TypeError with code `ERR_POOL_OPTION`
   */
  abstract tune(size: number): void

  /**
   * Closes the pool now: waiting tasks reject with `PoolClosedError`, running tasks finish, and idle workers retire.
   * Nothing is interrupted. A second call does nothing.
   */
  release(): void {
    needHeadroom()
    this.#verbs.release()
  }

  /**
   * Releases the pool, and waits until no worker is left. If some are left after `ms`, it rejects with
   * `ReleaseTimeoutError`, and the pool stays closed. If the pool is closed already, it only waits, for the workers of
   * the generation that was closed.
   *
   * @param ms from the call, from 0 to 2³¹ − 1
   */
  releaseTimeout(ms: number): Promise<void> {
    const verbs = this.#verbs
    return settling(() => verbs.releaseTimeout(checkMilliseconds(ms)))
  }

  /**
   * Refuses new tasks, runs all tasks that were accepted, and then resolves. After `timeout`, tasks that still wait
   * reject, and `close` rejects with `ReleaseTimeoutError`. When `signal` aborts, or `release` is called meanwhile,
   * tasks that still wait reject, and `close` resolves when the busy workers have ended.
   *
   * ```js
   * process.once('SIGTERM', () => {
   *   pool.close({ timeout: 10_000 }).catch(console.error) // ReleaseTimeoutError
   * })
   * ```
   */
  close(options?: CloseOptions): Promise<void> {
    const verbs = this.#verbs
    return settling(() => verbs.close(options))
  }

  /**
   * Resolves when no task waits and no worker is busy, at once if that is so now. It does not close the pool, so others
   * may submit meanwhile.
   */
  drain(): Promise<void> {
    const verbs = this.#verbs
    return settling(() => verbs.drain())
  }

  /**
   * Opens a closed pool again, as a new generation. Tasks that still wait reject. Workers of the old generation retire
   * when they finish, and do not count in the new one. On an open pool it does nothing.
   *
   * @throws PoolClosedError if the `signal` of the pool has aborted, if this handle of a shared pool has left, or if the owner of the threads of a shared thread pool has ended
   */
  reboot(): void {
    needHeadroom()
    this.#verbs.reboot()
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
    const verbs = this.#verbs
    return settling(() => verbs.leave())
  }
}
