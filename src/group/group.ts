import { misuse } from '../base/errors.js'
import { rejectedLater } from '../base/intrinsics.js'
import {
  type GroupChecked,
  type GroupRunOptions,
  type GroupSubmitOptions,
  checkGroupOptions,
  checkGroupRunOptions,
  checkGroupSubmitOptions,
  ofTask,
} from '../options/group-options.js'
import { type SubmitChecked, checkTask } from '../options/options.js'
import type { RunChecked } from '../options/thread-options.js'
import type { JobOptions, Origin } from '../origin/origin.js'
import type { Closure, TaskContext } from '../origin/task.js'
import { Call } from '../threads/owner/call.js'
import type { Outcome } from './outcome.js'
import { Scope } from './scope.js'

/** A way into a pool, or into several. */
interface Access<J, O extends JobOptions> {
  /** Referenced, as a pool that nobody references is released. */
  readonly pool: object
  readonly origin: Origin<J, O, any>
  /** What holds for every task. */
  readonly terms: { readonly options: O }
}

/** What groups of closures and groups of calls have in common. */
abstract class AnyGroup<T, J> implements AsyncDisposable {
  readonly #scope: Scope

  /** @internal */
  constructor(scope: Scope) {
    this.#scope = scope
  }

  /**
   * What the tasks have come to, by their `tag`, or by their index if they have none: the first task has 0. It fills
   * while tasks end, in the order in which they end, and stays after the end of the group.
   */
  get results(): ReadonlyMap<unknown, Outcome<T>> {
    return this.#scope.results.byTag as ReadonlyMap<unknown, Outcome<T>>
  }

  /**
   * Aborts when the group does: by `abort`, by its `signal`, by its `timeout`, when a task decides what becomes of the
   * others, and at the latest at the end of the block. It is for what belongs to the group, such as further groups:
   * `pool.group({ signal: group.signal })`.
   */
  get signal(): AbortSignal {
    return this.#scope.signal
  }

  /**
   * Aborts all tasks that have not settled, and whatever is submitted later. They reject with `reason`. If the group has
   * been aborted before, nothing happens.
   *
   * @param reason Default: an `AbortError`, as that of `AbortController.abort`.
   */
  abort(reason?: unknown): void {
    this.#scope.abort(reason)
  }

  /**
   * Waits until all tasks have settled, those as well that are submitted meanwhile, and gives what the `mode` of the group
   * says; without tasks, an empty array (`any` rejects with an `AggregateError`). Rejects with the first failure (`all`),
   * with the `GroupTimeoutError` of the group, or with what it was aborted with. A second call gives the same promise.
   *
   * The functions of tasks that were aborted or timed out may go on; the end of the block waits for these.
   */
  join(): Promise<J> {
    return this.#scope.join() as Promise<J>
  }

  /**
   * The end of the block, by `await using`: aborts what has not settled, and resolves when all functions have ended,
   * whatever the `timeout` of the group is; so nothing of it goes on behind the block. (A thread whose function does not
   * heed its signal within `grace` is ended and replaced.) If nobody has called `join` and a task has failed before, it
   * rejects with the error with which `join` would; not for `allSettled`, nor for what `abort` has aborted.
   */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#scope.dispose()
  }
}

/**
 * A scope of tasks: they succeed or fail together, as its `mode` says, and none goes on behind its block. `group` of a
 * pool makes one.
 *
 * ```js
 * await using group = pool.group({ limit: 8, timeout: 5_000 })
 * for (const url of urls) group.submit(({ signal }) => fetch(url, { signal }), { tag: url })
 * const pages = await group.join()
 * ```
 */
export interface Group<R = unknown, T = unknown, J = unknown> extends ClosureGroup<R, T, J> {}

/** What programs know as `Group`: a type only, as none of them makes one itself. */
export class ClosureGroup<R = unknown, T = unknown, J = unknown> extends AnyGroup<T, J> {
  readonly #scope: Scope
  readonly #origin: Origin<Closure<R>, SubmitChecked, any>
  readonly #terms: SubmitChecked
  readonly #options: GroupChecked

  /** @internal */
  constructor(access: Access<Closure<R>, SubmitChecked>, options: unknown) {
    const checked = checkGroupOptions(options)
    const { origin } = access
    const scope = new Scope(access.pool, origin.name, checked)
    super(scope)
    this.#scope = scope
    this.#origin = checked.limit === undefined ? origin : origin.home()
    this.#terms = access.terms.options
    this.#options = checked
  }

  /**
   * Submits a task of the group, as `submit` of the pool does. The promise is of use if somebody wants this very result;
   * it need not be awaited, and is never an `unhandledRejection`: what a task has failed with is told by `join`, by
   * `results`, or at the end of the block. A refusal is a failure of the task.
   *
   * Rejects with `PoolClosedError` once `join` was called, or the block has ended, and the last function of the group has
   * ended.
   */
  submit<U extends T>(
    task: (context: TaskContext<R>) => U | PromiseLike<U>,
    options?: GroupSubmitOptions,
  ): Promise<Awaited<U>> {
    return this.#scope.submit(this.#origin, () => {
      checkTask(task)
      const prepared = ofTask<SubmitChecked>(this.#terms, checkGroupSubmitOptions(options), this.#options)
      this.#origin.assertPossible(prepared.options)
      return { job: task as Closure<R>, ...prepared }
    }) as Promise<Awaited<U>>
  }

  /**
   * For those who do not use types.
   *
   * @internal
   */
  run(): Promise<never> {
    return rejectedLater(misuse('run calls an export of a module, and this group is of a pool of closures; use submit'))
  }
}

/**
 * A scope of calls of exports: what `Group` is for closures. `group` of a thread pool makes one.
 *
 * ```js
 * const threads = ThreadPool.create({ filename, size: 4 })
 * await using group = threads.group({ mode: 'allSettled', taskTimeout: 2_000 })
 * for (const path of paths) group.run(path, { name: 'render', tag: path })
 * for (const { tag, status } of await group.join()) console.log(tag, status)
 * ```
 */
export interface ThreadGroup<
  F = (argument?: any, options?: GroupRunOptions) => Promise<any>,
  T = unknown,
  J = unknown,
> extends CallGroup<F, T, J> {}

/** What programs know as `ThreadGroup`: a type only, as none of them makes one itself. */
export class CallGroup<
  F = (argument?: any, options?: GroupRunOptions) => Promise<any>,
  T = unknown,
  J = unknown,
> extends AnyGroup<T, J> {
  readonly #scope: Scope
  readonly #origin: Origin<Call, RunChecked, any>
  readonly #terms: RunChecked
  readonly #options: GroupChecked

  /** @internal */
  constructor(access: Access<Call, RunChecked>, options: unknown) {
    const checked = checkGroupOptions(options)
    const { origin } = access
    const scope = new Scope(access.pool, origin.name, checked)
    super(scope)
    this.#scope = scope
    this.#origin = checked.limit === undefined ? origin : origin.home()
    this.#terms = access.terms.options
    this.#options = checked
  }

  /**
   * Calls an export as a task of the group, as `run` of the pool does. The promise is of use if somebody wants this very
   * result; it need not be awaited, and is never an `unhandledRejection`: what a task has failed with is told by `join`,
   * by `results`, or at the end of the block. A refusal is a failure of the task.
   *
   * Rejects with `PoolClosedError` once `join` was called, or the block has ended, and the last function of the group has
   * ended.
   */
  get run(): F {
    return this.#run as F
  }

  readonly #run = (argument: unknown, options: unknown): Promise<unknown> =>
    this.#scope.submit(this.#origin, () => {
      const prepared = ofTask<RunChecked>(this.#terms, checkGroupRunOptions(options), this.#options)
      this.#origin.assertPossible(prepared.options)
      return { job: new Call(prepared.options.name ?? 'default', argument, false), ...prepared }
    })

  /**
   * For those who do not use types.
   *
   * @internal
   */
  submit(): Promise<never> {
    return rejectedLater(misuse('submit takes a closure, and this group is of threads, which run none; use run'))
  }
}
