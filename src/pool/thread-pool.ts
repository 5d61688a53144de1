import { BasePool } from './any-pool.js'
import { needHeadroom } from '../base/headroom.js'
import { misuse } from '../base/errors.js'
import { settling } from '../base/follow.js'
import { native } from '../native/binding.js'
import { type Taker, mapElsewhere } from '../map/map.js'
import { type PoolOptions, checkItems } from '../options/options.js'
import {
  type MapRunOptions,
  type RunChecked,
  type RunOptions,
  type ThreadOptions,
  checkMapRunOptions,
  checkRunOptions,
  checkThreadOptions,
  checkThreadSize,
} from '../options/thread-options.js'
import { DEFAULT, ThreadFace } from '../threads/owner/thread-face.js'
import { watchReachability } from '../origin/unreachable.js'

const CREATE = Symbol('create')

/** The inside of a pool, for what is made of several pools. */
export let threadFaceOf: (pool: ThreadPool<any>) => ThreadFace
export let isThreadPool: (value: unknown) => value is ThreadPool<any>

/** What is known of the functions of a module of which nothing is known. */
type Functions = Record<string, (...args: any[]) => any>

/** The module, or `Functions` if it is `any`. */
type Known<M> = 0 extends 1 & M ? Functions : M

type FirstArgument<F> = F extends (...args: infer A) => unknown ? (A extends [] ? undefined : A[0]) : never
type Settled<F> = F extends (...args: never[]) => infer T ? Awaited<T> : never

/**
 * The exported functions of a task module, as a pool has them: with any number of arguments, and with a promise of the
 * result.
 */
export type Tasks<M> = {
  readonly [K in keyof Known<M> as Known<M>[K] extends (...args: never[]) => unknown ? K : never]: Known<M>[K] extends (
    ...args: infer A
  ) => infer T
    ? (...args: A) => Promise<Awaited<T>>
    : never
}

/** Names of the exported functions of a task module that can be called with one argument. */
export type Names<M> = string &
  keyof { [K in keyof Known<M> as Known<M>[K] extends (argument: any) => unknown ? K : never]: unknown }

/** The export that is called if none is named. A module without one gives `never`. */
export type Default<M> = 'default' & Names<M>

/** What an export takes. */
export type Argument<M, N> = N extends keyof Known<M> ? FirstArgument<Known<M>[N]> : never

/** What an export gives, once it is there. */
export type Result<M, N> = N extends keyof Known<M> ? Settled<Known<M>[N]> : never

/** Options that may name an export. */
export type Named<O, N> = O & { name?: N | undefined }

/**
 * Arguments of `run`: the argument may be left out if nothing is known of the module, or if its default export needs
 * none.
 */
export type Call<M, N, O> =
  string extends Names<M>
    ? [argument?: Argument<M, N>, options?: Named<O, N>]
    : M extends { default: () => unknown }
      ? | [argument?: Argument<M, 'default'>, options?: Named<O, undefined>]
        | [argument: Argument<M, N>, options: Named<O, N> & { name: N }]
      : [argument: Argument<M, N>, options?: Named<O, N>]

/** The type of `run`, made from the task module: of its default export, or of the export that `name` names. */
export type Run<M> = <N extends Names<M> = Default<M>>(...call: Call<M, N, RunOptions>) => Promise<Result<M, N>>

/** A task module whose export `N` is called if none is named. */
export type WithDefault<M, N> = [N] extends [keyof M] ? Omit<M, 'default'> & { default: M[N] } : M

/** Options for every call of an export: those of `run`, without `transfer`. */
export type WithOptions = Omit<RunOptions, 'transfer'>

/** What `with` gives: a thread pool with options for every call. */
export interface With<M, D> {
  readonly run: Run<D>
  readonly tasks: Tasks<M>
}

/**
 * Runs the exported functions of a module in threads of its own, at most `size` of them. Further tasks wait, or are
 * refused.
 *
 * ```js
 * // tasks.js
 * export const fib = (n) => (n < 2 ? n : fib(n - 1) + fib(n - 2))
 * export default (text) => render(text)
 *
 * // main.js
 * const pool = ThreadPool.create({ filename: new URL('tasks.js', import.meta.url), size: 4 })
 * const html = await pool.run('# Title')
 * const number = await pool.tasks.fib(40)
 * ```
 */
export class ThreadPool<M = any> extends BasePool {
  readonly #face: ThreadFace

  static {
    threadFaceOf = (pool) => pool.#face
    isThreadPool = (value): value is ThreadPool<any> => typeof value === 'object' && value !== null && #face in value
  }

  /**
   * The exported functions: `pool.tasks.fib(40)` calls the export `fib` in a thread, with any number of arguments.
   * Arguments and results are cloned as `structuredClone` does it, except that a single view may arrive on a buffer
   * that holds just its bytes. An export that does not exist rejects with a TypeError of code `ERR_POOL_OPTION`.
   * Otherwise a call rejects as `run` does.
   */
  readonly tasks: Tasks<M>

  private constructor(key: symbol, face: ThreadFace) {
    if (key !== CREATE) throw misuse('a ThreadPool is made by ThreadPool.create')
    super(face)
    this.#face = face
    this.tasks = tasksOf<M>(face, checkRunOptions(undefined))
    watchReachability(this, face)
  }

  override get kind(): 'threads' {
    return 'threads'
  }

  /**
   * Makes a pool. It is open. Threads start when tasks need them; with `preAlloc` all of them start now.
   *
   * ```js
   * const pool = ThreadPool.create({ filename: new URL('tasks.js', import.meta.url), size: 4, concurrency: 8 })
   * ```
   *
   * **With `shared`** every isolate of the process that asks for the `name` uses the same threads. Isolates hand in
   * tasks through the core, not through the isolate that has the threads.
   *
   * - The *owner* is the isolate whose `create` made the pool: the threads are its own. If it ends, the pool is closed
   *   for good: tasks of the others that have not settled reject with `PoolClosedError`, `reboot` throws it, and the
   *   next `create` makes a new pool. So let the main thread create the pool first. Its event loop starts and ends the
   *   threads, and carries what is moved. Everything else goes on while it is busy.
   * - The others are *guests*. What they send and get is serialized by the rules of `structuredClone`, but a
   *   `MessagePort`, a `SharedArrayBuffer`, a `Blob` and the like reject with a `DataCloneError`, and so does a value
   *   of more than 2 GiB. An `ArrayBuffer` in a transfer list, also in that of the task's `transfer`, is copied and
   *   then detached.
   * - All options must agree, as far as they are given, but `panicHandler`, `logger`, `signal`, `errors` and
   *   `createWorker`. A guest still has to name the same `filename`. What cannot be serialized, such as memory in
   *   `workerData`, agrees with nothing: leave it out in guests.
   * - If a guest ends, the signals of its running tasks abort. A thread whose task does not heed that within `grace` is
   *   ended and replaced.
   *
   * @throws TypeError or RangeError with code `ERR_POOL_OPTION`; a `DataCloneError` if `workerData` cannot be cloned
   */
  static create<M = any>(options: PoolOptions & ThreadOptions): ThreadPool<M> {
    return new ThreadPool<M>(CREATE, new ThreadFace(checkThreadOptions(options, () => native.parallelism())))
  }

  /**
   * Calls the default export, or the export `options.name`, with one argument, as soon as a thread is free. It never
   * throws. It rejects with what the function throws or rejects with, with a `PoolError`, with `signal.reason`, with a
   * `DataCloneError`, or with the TypeError or RangeError of a bad option. The promise keeps the process alive until it
   * settles.
   *
   * ```js
   * const small = await pool.run(image, { name: 'resize', transfer: [image.buffer], timeout: 5_000 })
   * ```
   *
   * An error arrives with its class (built in, or listed in `errors`), message, `code`, own properties, `cause`, and
   * the stack of the thread. What cannot be cloned of it is left out.
   */
  get run(): Run<M> {
    return this.#run
  }

  readonly #run = ((argument: unknown, options: unknown) => this.#face.run(argument, options)) as Run<M>

  /**
   * The same pool with options for every call. Options of a single `run` win over them.
   *
   * ```js
   * const urgent = pool.with({ priority: 'high', timeout: 1_000 })
   * await urgent.tasks.parse(text)
   * ```
   *
   * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
   */
  with<N extends Names<M> | undefined = undefined>(options: Named<WithOptions, N>): With<M, WithDefault<M, N>> {
    const checked = checkRunOptions(options)
    const run = (argument: unknown, own: unknown) => this.#face.run(argument, own, checked)
    return { run: run as Run<WithDefault<M, N>>, tasks: tasksOf<M>(this.#face, checked) }
  }

  /**
   * Does the same as `run`, but blocks this thread until the result is there, for code that cannot wait, in scripts and
   * tools. No event, timer or promise gets its turn meanwhile, so only another thread can abort `signal`.
   *
   * @throws what `run` would reject with; and a TypeError with code `ERR_POOL_OPTION` where the result could never come: in a thread of the same pool, while the end of another task is being reported, and in a guest of a shared pool before a thread has started (await `ready` first)
   */
  runSync<N extends Names<M> = Default<M>>(...call: Call<M, N, RunOptions>): Result<M, N>
  runSync(argument?: unknown, options?: RunOptions): unknown {
    return this.#face.runSync(argument, options)
  }

  /**
   * Resolves once a thread has loaded the module, and starts one if there is none. Call it before a service listens.
   * Rejects with `WorkerStartError` if no thread can load the module, and with `PoolClosedError` if the pool is closed
   * or closes before that.
   */
  ready(): Promise<void> {
    const face = this.#face
    return settling(() => face.ready())
  }

  /**
   * Calls the default export, or the export `options.name`, for every item, and yields the results, in the order of the
   * items unless `ordered` is false. It works like `map` of a `Pool`; it takes up to `size` × `concurrency` items
   * ahead.
   *
   * ```js
   * for await (const html of pool.map(paths, { name: 'render' })) await write(html)
   * ```
   *
   * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
   */
  map<N extends Names<M> = Default<M>>(
    items: Iterable<Argument<M, N>> | AsyncIterable<Argument<M, N>>,
    options?: Named<MapRunOptions, N>,
  ): AsyncIterableIterator<Result<M, N>> {
    checkItems(items)
    const { name = DEFAULT, ...rest } = checkMapRunOptions(options)
    const face = this.#face
    const taker: Taker<never> = {
      // It references the pool, which would be released when nobody does, and not the face alone.
      capacity: () => this.#face.capacity() * face.concurrency,
      hasVacancy: () => face.hasVacancy(),
      awaitTurn: (wait, told, refused) => face.awaitTurn(wait, told, refused),
      submit: (_, taskOptions, item) => face.call(name, item, taskOptions as RunChecked, false),
    }
    return mapElsewhere(taker, items, rest)
  }

  /**
   * Ends everything now: running and waiting tasks reject with `PoolClosedError`, and threads are ended in the midst of
   * what they do. Resolves when all of them have ended. A shared pool ends for all. The pool can be rebooted.
   */
  destroy(): Promise<void> {
    const face = this.#face
    return settling(() => face.destroy())
  }

  /** @param size as the option `size` */
  override tune(size: number): void {
    needHeadroom()
    this.#face.tune(checkThreadSize(size))
  }
}

/** Who runs exports: a thread pool, or several. */
interface Caller {
  call(name: string, argument: unknown, options: RunChecked, isSpread: boolean): Promise<unknown>
}

/** Most names of `tasks` whose function is made only once, and their length. */
const MOST_KNOWN = 1_000
const MOST_CHARACTERS = 256

export function tasksOf<M>(face: Caller, options: RunChecked): Tasks<M> {
  const known = new Map<string, (...args: unknown[]) => Promise<unknown>>()
  return new Proxy(Object.create(null), {
    get(_, name) {
      // Not thenable: `await pool.tasks` must not call an export.
      if (typeof name !== 'string' || name === 'then') return undefined
      let call = known.get(name)
      if (call === undefined) {
        call = (...args) =>
          args.length === 1 ? face.call(name, args[0], options, false) : face.call(name, args, options, true)
        // Names may come from anybody, and be no exports.
        if (known.size < MOST_KNOWN && name.length < MOST_CHARACTERS) known.set(name, call)
      }
      return call
    },
  }) as Tasks<M>
}
