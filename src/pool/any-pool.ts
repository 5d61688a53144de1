import type { InspectOptionsStylized, inspect } from 'node:util'

import { settling } from '../base/follow.js'
import { custom, show } from './inspection.js'
import { needHeadroom } from '../base/headroom.js'
import { type CloseOptions, type VacancyOptions, checkMilliseconds, checkVacancyOptions } from '../options/options.js'
import { type PoolStats, Stat } from '../native/pool-stats.js'
import type { Verbs } from '../origin/verbs.js'

/** What a pool is made of: `closures` is a `Pool`, `threads` a `ThreadPool`, `multi` a `MultiPool`. */
export type PoolKind = 'closures' | 'threads' | 'multi'

/**
 * What every pool shows of its state and can be told, of whatever kind it is: for code that watches or closes pools and
 * does not submit.
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
   * Resolves when a submit would not have to wait: a producer's brake. It stands in the queue as a task of default priority does, so
   * nobody who asks starves behind those who submit; but it does not count as waiting. One per free slot, and for a submit before the event loop
   * turns: until then tasks that wait leave the slot alone. Nothing is reserved beyond that, so whoever submits without asking may
   * be faster; then that submit waits in the queue.
   *
   * ```js
   * for await (const message of queue) {
   *   await pool.vacancy()
   *   pool.execute(() => handle(message))
   * }
   * ```
   *
   * Rejects with `PoolClosedError` if the pool is or gets closed, and with `signal.reason`. Keeps the process alive until it settles.
   */
  vacancy(options?: VacancyOptions): Promise<void> {
    const verbs = this.#verbs
    return settling(() => verbs.vacancy(checkVacancyOptions(options).signal))
  }

  /** What the pool is made of: `closures`, `threads` or `multi`. */
  abstract get kind(): PoolKind

  /** The option `name`, or a name that was made up: `pool-1` and so on. It is in errors, in `stats()` and in logs. */
  get name(): string {
    return this.#verbs.verbSettings.name
  }

  /** Most live workers, as `size` or the last `tune` says; `Infinity` if unbounded. */
  get capacity(): number {
    return this.#verbs.stat(Stat.capacity)
  }

  /** Live workers, busy and idle. */
  get running(): number {
    return this.#verbs.stat(Stat.running)
  }

  /**
   * Workers with a task; those that boot: whose resource is being made, or whose thread loads its module; and those that are taken
   * down: whose resource is being disposed of, or whose thread ends. A closure that was aborted or timed out keeps its worker busy
   * until it ends.
   */
  get busy(): number {
    return this.#verbs.stat(Stat.busy)
  }

  /** Live workers without a task: running − busy. */
  get idle(): number {
    return this.#verbs.stat(Stat.idle)
  }

  /**
   * Workers that could take a task now, idle ones and such as could be started: capacity − busy, not below 0. A worker that is being
   * disposed of holds its slot. What goes beside others on a busy thread (`concurrency`) is not counted.
   */
  get available(): number {
    return this.#verbs.stat(Stat.available)
  }

  /** Workers that could be started: capacity − running, not below 0. */
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

  /** Whether new tasks are refused. Of a shared pool also true once this face has left. */
  get isClosed(): boolean {
    return this.#verbs.stat(Stat.isClosed) === 1
  }

  /**
   * Everything that is counted, as one consistent snapshot. Counters run on from the creation of the pool; peaks restart with each
   * generation.
   */
  stats(): PoolStats {
    return this.#verbs.stats()
  }

  /**
   * Changes the capacity. Growing starts waiting tasks at once. Shrinking retires idle workers at once and busy ones as they
   * finish; nothing new starts above the new size. Works on a closed pool, too; the same size does nothing.
   *
   * @param size as the option `size`
   * @throws RangeError or TypeError with code `ERR_POOL_OPTION`
   */
  abstract tune(size: number): void

  /**
   * Closes now: waiting tasks reject with `PoolClosedError`, running ones finish, idle workers retire. Nothing is interrupted; a second
   * call does nothing.
   */
  release(): void {
    needHeadroom()
    this.#verbs.release()
  }

  /**
   * Releases and waits until no worker is left. Rejects with `ReleaseTimeoutError` if some are after `ms`, and the pool stays
   * closed. On a pool that is closed already it only waits, for the generation that was closed.
   *
   * @param ms from the call, from 0 to 2³¹ − 1
   */
  releaseTimeout(ms: number): Promise<void> {
    const verbs = this.#verbs
    return settling(() => verbs.releaseTimeout(checkMilliseconds(ms)))
  }

  /**
   * Refuses new tasks, runs all that was accepted, then resolves. After `timeout`, what still waits rejects, and `close` with
   * `ReleaseTimeoutError`; when `signal` aborts, what still waits rejects, and `close` resolves when the busy ones end. `release`
   * during it does the same as the signal.
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

  /** Resolves when nothing waits and nothing is busy, at once if that is so. Does not close, so others may submit meanwhile. */
  drain(): Promise<void> {
    const verbs = this.#verbs
    return settling(() => verbs.drain())
  }

  /**
   * Opens a closed pool again, as a new generation: what still waits rejects, and workers of the old generation retire when
   * they finish, without counting in the new one. Does nothing to an open pool.
   *
   * @throws PoolClosedError if the pool's `signal` has aborted, if this face of a shared pool has left, or if the isolate has ended
   * that had the threads of a shared thread pool
   */
  reboot(): void {
    needHeadroom()
    this.#verbs.reboot()
  }

  /**
   * `close()`, for `await using`. Of a shared pool only this face goes: it refuses new tasks and waits for its own; the last one
   * closes the pool. The threads of a shared thread pool stay with the isolate that has them until then.
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
