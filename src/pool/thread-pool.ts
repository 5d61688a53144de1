import { needHeadroom } from '../base/headroom.js'
import { misuse } from '../base/errors.js'
import { settling } from '../base/follow.js'
import { rejectedLater } from '../base/intrinsics.js'
import { forget } from '../native/isolate.js'
import type { Future } from '../future/future.js'
import type { ThreadGroup } from '../group/group.js'
import type { Outcome } from '../group/outcome.js'
import type { GroupOptions } from '../options/group-options.js'
import { native } from '../native/binding.js'
import type { PoolOptions } from '../options/options.js'
import type { CarefulCalls, Terms } from '../options/policy-options.js'
import {
  type MapRunOptions,
  type RunAllOptions,
  type RunChecked,
  type RunOptions,
  type StreamOptions,
  type ThreadOptions,
  type WithOptions,
  NO_RUN_OPTIONS,
  checkThreadOptions,
} from '../options/thread-options.js'
import { Call } from '../threads/owner/call.js'
import { ThreadOrigin } from '../threads/owner/thread-origin.js'
import {
  type CallAccess,
  DEFAULT,
  NO_CALL_TERMS,
  checkRunSync,
  mapCalls,
  runAllChecking,
  runChecking,
  submitCall,
  tasksOf,
} from './call-verbs.js'
import type {
  Argument,
  Call as CallOf,
  Chunk,
  Default,
  GroupRun,
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
import { forScopes, forStreams, forViews } from './needed.js'
import { noLease, noWrap } from './other-kind.js'
import { ThreadVerbs } from './thread-verbs.js'
import { watchReachability } from '../origin/unreachable.js'
import type { CarefulThreads, With } from './view-types.js'

const CREATE = Symbol('create')

/** The inside of a pool, for what is made of several pools. */
export let threadOriginOf: (pool: ThreadPool<any>) => ThreadOrigin
export let isThreadPool: (value: unknown) => value is ThreadPool<any>

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
export class ThreadPool<M = any> extends ThreadVerbs<M> {
  readonly #origin: ThreadOrigin
  readonly #access: CallAccess
  /** Whether something holds for every call, so that none is plain. */
  readonly #hasDefaults: boolean

  static {
    threadOriginOf = (pool) => pool.#origin
    isThreadPool = (value): value is ThreadPool<any> => typeof value === 'object' && value !== null && #origin in value
  }

  /**
   * The exported functions: `pool.tasks.fib(40)` calls the export `fib` in a thread, with any number of arguments.
   * Arguments and results are cloned as `structuredClone` does it, except that a single view may arrive on a buffer
   * that holds just its bytes. An export that does not exist rejects with a TypeError of code `ERR_POOL_OPTION`.
   * Otherwise a call rejects as `run` does.
   */
  readonly tasks: Tasks<M>

  private constructor(key: symbol, origin: ThreadOrigin, defaults: Terms<RunChecked> | undefined) {
    if (key !== CREATE) throw misuse('a ThreadPool is made by ThreadPool.create')
    super(origin)
    this.#origin = origin
    this.#hasDefaults = defaults !== undefined
    const places = (): number => origin.capacity() * origin.concurrency
    const access: CallAccess = { pool: this, origin, terms: defaults ?? NO_CALL_TERMS, places, homeOf: () => origin }
    this.#access = access
    this.tasks = tasksOf<M>(
      defaults === undefined
        ? (call) => origin.submit(call, NO_RUN_OPTIONS)
        : (call) => submitCall(access, call, defaults.options),
    )
    watchReachability(this, origin)
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
   * - All options must agree, as far as they are given, but `panicHandler`, `logger`, `signal`, `slowTask`,
   *   `trackSubmit`, `errors` and `createWorker`. A guest still has to name the same `filename`. What cannot be serialized, such as memory in
   *   `workerData`, agrees with nothing: leave it out in guests.
   * - If a guest ends, the signals of its running tasks abort. A thread whose task does not heed that within `grace` is
   *   ended and replaced.
   *
   * @throws TypeError or RangeError with code `ERR_POOL_OPTION`; a `DataCloneError` if `workerData` cannot be cloned
   */
  static create<M = any>(options: PoolOptions & ThreadOptions): ThreadPool<M> {
    const settings = checkThreadOptions(options, () => native.parallelism())
    const { defaults } = settings
    const origin = new ThreadOrigin(settings)
    try {
      if (defaults !== undefined) origin.assertPossible(defaults.options)
    } catch (error) {
      origin.abandon(() => forget(origin.id))
      throw error
    }
    origin.startThreads()
    return new ThreadPool<M>(CREATE, origin, defaults)
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

  readonly #run = ((argument: unknown, options: unknown) =>
    // The plain run, for which nothing is to be checked.
    options === undefined && !this.#hasDefaults
      ? this.#origin.submit(new Call(DEFAULT, argument, false), NO_RUN_OPTIONS)
      : runChecking(this.#access, argument, options)) as Run<M>

  /**
   * Does the same as `run`, and gives the task as a value that says how it stands, and can be cancelled, moved to
   * another priority, and asked for its result as often as you like. It never throws, and it rejects nothing until
   * somebody asks for the result: a refusal is the state `refused`.
   *
   * ```js
   * const future = pool.future(image, { name: 'resize', priority: 'low' })
   * if (future.state === 'waiting') future.setPriority('high')
   * const small = await future
   * ```
   */
  future<N extends Names<M> = Default<M>>(...call: CallOf<M, N, RunOptions>): Future<Result<M, N>>
  future(argument?: unknown, options?: RunOptions): Future<unknown> {
    return forScopes().runAsFuture(this.#access, argument, options)
  }

  /**
   * Makes a group: a scope of tasks that succeed or fail together, as its `mode` says, and of which none goes on behind its
   * block. Its calls may be of any exports.
   *
   * ```js
   * const threads = ThreadPool.create({ filename, size: 4 })
   * await using group = threads.group({ mode: 'any' })
   * for (const name of ['greedy', 'exact']) group.run(text, { name })
   * const solution = await group.join() // the other one has been aborted
   * ```
   *
   * With `limit` no more of them run at once, however large the pool is; with `timeout` the whole group takes no longer,
   * and with `taskTimeout` none of its tasks. It costs nothing while it has no tasks.
   *
   * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
   */
  group<T = unknown>(options?: GroupOptions & { mode?: 'all' | undefined }): ThreadGroup<GroupRun<M>, T, T[]>
  group<T = unknown>(options: GroupOptions & { mode: 'any' }): ThreadGroup<GroupRun<M>, T, T>
  group<T = unknown>(options: GroupOptions & { mode: 'allSettled' }): ThreadGroup<GroupRun<M>, T, Outcome<T>[]>
  group<T = unknown>(options?: GroupOptions): ThreadGroup<GroupRun<M>, T, T | T[] | Outcome<T>[]>
  group(options?: GroupOptions): ThreadGroup<GroupRun<M>> {
    return forScopes().threadGroupOf(this.#access, options)
  }

  /**
   * The same pool with options for every call. What a call leaves out is taken from them; the options of a call win, but
   * of two signals both abort. `name` is the export that `run`, `runAll` and `map` of the view call. With `policy` tasks
   * are tried again, and with `fallback` there is an answer for what the pool refuses, see `PolicyOptions`.
   *
   * ```js
   * const threads = ThreadPool.create({ filename })
   * const urgent = threads.with({ priority: 'high', timeout: 1_000 })
   * await urgent.tasks.parse(text)
   * ```
   *
   * A view makes no call into the core, and nothing has to be closed. It keeps the pool. `with` of a view makes a view of
   * the view.
   *
   * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
   */
  with<N extends Names<M> | undefined = undefined, F = never>(
    options: Named<WithOptions, N> & CarefulCalls<F>,
  ): CarefulThreads<M, WithDefault<M, N>, Awaited<F>>
  with<N extends Names<M> | undefined = undefined>(options: Named<WithOptions, N>): With<M, WithDefault<M, N>>
  with(options: unknown): any {
    return forViews().viewOfCalls(this.#access, options)
  }

  /**
   * Calls the default export, or the export `options.name`, once with each of `args`, and gives the results in their
   * order. The calls are accepted all together or refused all together: a full pool rejects with one
   * `PoolOverloadError`, and if an argument cannot be cloned, none of them runs.
   *
   * ```js
   * const pages = await pool.runAll(texts, { name: 'render', timeout: 5_000 })
   * ```
   *
   * The first failure rejects at once with its error, and the rest is aborted. All arguments are encoded before the
   * first call is handed to a thread, and every thread is woken once.
   * The event loop does not turn meanwhile. Without arguments it resolves to an empty array.
   *
   * @param args an array, or any other iterable
   * @param options those of `run`, for each call; `signal` aborts all of them, and `transfer` is a function that says of each
   *   argument what of it is moved
   */
  runAll<N extends Names<M> = Default<M>>(
    args: Iterable<Argument<M, N>>,
    options?: Named<RunAllOptions, N>,
  ): Promise<Result<M, N>[]> {
    return runAllChecking(this.#access, args, options) as Promise<Result<M, N>[]>
  }

  /**
   * Calls an exported generator, the default export or `options.name`, and yields its chunks. The export is a `function*`
   * or an `async function*`.
   *
   * ```js
   * // tasks.js
   * export async function* lines(path) { yield* createInterface({ input: createReadStream(path) }) }
   *
   * // main.js
   * for await (const line of pool.stream('access.log', { name: 'lines' })) console.log(line)
   * ```
   *
   * - The task is handed in by the first `next()`, which rejects if it is refused. Options are those of `run`, and
   *   `highWaterMark`. A `timeout` counts from the start of the generator, however slow the loop is.
   * - Each chunk is cloned as a result is, and sent before the generator is asked for the next one. With `highWaterMark`
   *   chunks that the loop has not taken the generator stops. `transfer` of `workpool/worker` moves what a chunk holds.
   * - If the loop is left, the signal of the task aborts and the `finally` of the generator runs; `break` waits for it. A
   *   generator that awaits something is left when that has come, or by an abort of `signal`.
   * - An error of the generator, a crash or a timeout is thrown after the chunks that came before it; `signal.reason` is
   *   thrown at once.
   * - The stream holds one place of `concurrency` until its generator has ended. It keeps the process alive only while a
   *   `next()` is unanswered. An iterator that is dropped without `return()` ends when it is collected as garbage.
   *
   * @throws TypeError or RangeError with code `ERR_POOL_OPTION`; an export that is no generator rejects with such a TypeError
   */
  stream<N extends StreamNames<M> = StreamDefault<M>>(
    ...call: StreamCall<M, N, StreamOptions>
  ): AsyncIterableIterator<Chunk<M, N>>
  stream(argument?: unknown, options?: StreamOptions): AsyncIterableIterator<unknown> {
    return forStreams().streamChecking(this.#access, argument, options)
  }

  /**
   * Does the same as `run`, but blocks this thread until the result is there, for code that cannot wait, in scripts and
   * tools. No event, timer or promise gets its turn meanwhile, so only another thread can abort `signal`.
   *
   * @throws what `run` would reject with; a `PoolOverloadError`, reason `paused`, if the pool is paused; and a TypeError with code `ERR_POOL_OPTION` where the result could never come: in a thread of the same pool, while the end of another task is being reported, in a guest of a shared pool before a thread has started (await `ready` first), and while this isolate has a stream of the pool open and no thread is idle or can be started
   */
  runSync<N extends Names<M> = Default<M>>(...call: CallOf<M, N, RunOptions>): Result<M, N>
  runSync(argument?: unknown, options?: RunOptions): unknown {
    needHeadroom()
    const [call, checked] = checkRunSync(this.#access, argument, options)
    return this.#origin.callSync(call, checked)
  }

  /**
   * How many tasks the pool has at once when it is full.
   *
   * @internal
   */
  places(): number {
    return this.#access.places()
  }

  /**
   * For those who do not use types: a thread cannot be held.
   *
   * @internal
   */
  lease(): Promise<never> {
    return rejectedLater(noLease())
  }

  /**
   * The same of a function of this isolate, which cannot be called in a thread.
   *
   * @internal
   */
  wrap(): never {
    throw noWrap()
  }

  /**
   * Resolves once a thread has loaded the module, and starts one if there is none. Call it before a service listens.
   * Rejects with `WorkerStartError` if no thread can load the module, and with `PoolClosedError` if the pool is closed
   * or closes before that.
   */
  ready(): Promise<void> {
    const origin = this.#origin
    return settling(() => origin.ready())
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
    return mapCalls(this.#access, items, options) as AsyncIterableIterator<Result<M, N>>
  }

  /**
   * Ends everything now: running and waiting tasks reject with `PoolClosedError`, and threads are ended in the midst of
   * what they do. Resolves when all of them have ended. A shared pool ends for all. The pool can be rebooted.
   */
  destroy(): Promise<void> {
    const origin = this.#origin
    return settling(() => origin.destroy())
  }
}
