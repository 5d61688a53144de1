import type { NativeOrigin } from '../addons/native-origin.js'
import type { JobAccess, NativeTicket } from '../addons/ticket.js'
import { misuse } from '../base/errors.js'
import { settling } from '../base/follow.js'
import { native } from '../native/binding.js'
import { forget } from '../native/isolate.js'
import type { JobChecked, NativeJobOptions, NativeOptions } from '../options/native-options.js'
import type { PoolOptions } from '../options/options.js'
import { watchReachability } from '../origin/unreachable.js'
import { BasePool } from './any-pool.js'
import { forNatives } from './needed.js'

const CREATE = Symbol('create')

/** The inside of a pool, for what is made of several pools. */
export let nativeOriginOf: (pool: NativePool) => NativeOrigin
export let isNativePool: (value: unknown) => value is NativePool

/**
 * Gives native addons threads of their own, at most `size` of them, instead of the four that libuv has for everybody.
 * Further jobs wait, or are refused. An addon takes a ticket with each call, and what its function returns is the promise
 * of the job.
 *
 * ```js
 * const native = NativePool.create({ name: 'hash', size: 4, maxBlockingTasks: 1_000 })
 * const digest = await addon.hash(native.job({ timeout: 2_000 }), data)
 * ```
 *
 * How an addon does that in C, C++ and Rust is in `docs/native-jobs.md`. The threads belong to the process and to no
 * isolate: a `shared` pool has no owner.
 */
export class NativePool extends BasePool {
  readonly #origin: NativeOrigin
  readonly #access: JobAccess
  readonly #defaults: JobChecked

  static {
    nativeOriginOf = (pool) => pool.#origin
    isNativePool = (value): value is NativePool => typeof value === 'object' && value !== null && #origin in value
  }

  private constructor(key: symbol, origin: NativeOrigin, defaults: JobChecked) {
    if (key !== CREATE) throw misuse('a NativePool is made by NativePool.create')
    super(origin)
    this.#origin = origin
    this.#access = { pool: this, origin }
    this.#defaults = defaults
    watchReachability(this, origin)
  }

  override get kind(): 'native' {
    return 'native'
  }

  /**
   * Makes a pool. It is open. Threads start when jobs need them, and are called after the pool, with a number: `hash/0`;
   * with `preAlloc` all of them start now. The default of `size` is that of a `ThreadPool`, that of `expiry` 60,000.
   *
   * ```js
   * const native = NativePool.create({ name: 'image', size: 2, expiry: 10_000 })
   * ```
   *
   * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
   */
  static create(options?: Omit<PoolOptions, 'defaults'> & NativeOptions): NativePool {
    const { NativeOrigin, checkNativeOptions } = forNatives()
    const settings = checkNativeOptions(options, () => native.parallelism())
    const origin = new NativeOrigin(settings)
    try {
      origin.assertPossible(settings.defaults)
    } catch (error) {
      origin.abandon(() => forget(origin.id))
      throw error
    }
    origin.startThreads()
    return new NativePool(CREATE, origin, settings.defaults)
  }

  /**
   * A ticket for one native job, to be passed to a function of an addon. Times count from the moment in which the addon
   * hands the job in. A ticket that is not used is nothing.
   *
   * ```js
   * const packed = await addon.pack(native.job({ priority: 'low', waitTimeout: 500 }), buffer)
   * ```
   *
   * The promise of the job rejects as that of `submit` does. A job cannot be stopped: after a timeout or an abort its
   * promise rejects at once, and its thread stays busy until the job returns. A job that asks `workpool_is_aborted` now
   * and then ends sooner.
   *
   * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
   */
  job(options?: NativeJobOptions): NativeTicket {
    const { jobOptions, ticketOf } = forNatives()
    const checked = jobOptions(this.#defaults, options)
    this.#origin.assertPossible(checked)
    return ticketOf(this.#access, checked)
  }

  /**
   * Resolves once `minSize` threads have started, or one, and starts one if there is none. Rejects with
   * `WorkerStartError` if the system gives no thread, and with `PoolClosedError` if the pool is closed or closes before
   * that. Keeps the process alive until it settles.
   */
  ready(): Promise<void> {
    const origin = this.#origin
    return settling(() => origin.ready())
  }
}
