/** What `with` gives: a pool with options for every task. */
import type { Future } from '../future/future.js'
import type { Group, ThreadGroup } from '../group/group.js'
import type { Outcome } from '../group/outcome.js'
import type { GroupOptions } from '../options/group-options.js'
import type { MapOptions, SubmitOptions } from '../options/options.js'
import type { Careful, CarefulCalls, DeadLetterOptions, PolicyOptions } from '../options/policy-options.js'
import type { MapRunOptions, RunAllOptions, RunOptions, StreamOptions, WithOptions } from '../options/thread-options.js'
import type { TaskContext } from '../origin/task.js'
import type {
  Argument,
  Call,
  Chunk,
  Default,
  GroupRun,
  Named,
  Names,
  Result,
  StreamCall,
  StreamDefault,
  StreamNames,
  Tasks,
  WithDefault,
} from './module-types.js'

/**
 * A pool of closures with a policy or a fallback for every task. `F` is what the fallback gives, once it is there.
 */
export interface CarefulPool<R, F = never> {
  /** As `submit` of the pool. */
  submit<T>(
    task: (context: TaskContext<R>) => T | PromiseLike<NoInfer<Awaited<T>>>,
    options?: SubmitOptions,
  ): Promise<Awaited<T> | F>
  /** As `map` of the pool: each item goes by way of the policy. */
  map<I, O>(
    items: Iterable<I> | AsyncIterable<I>,
    task: (item: I, context: TaskContext<R>) => O | PromiseLike<NoInfer<Awaited<O>>>,
    options?: MapOptions,
  ): AsyncIterableIterator<Awaited<O> | F>
  /** As `wrap` of the pool. */
  wrap<This, A extends unknown[], T>(
    f: (this: This, ...args: A) => T,
  ): (this: This, ...args: A) => Promise<Awaited<T> | F>
  /** A view of this view. */
  with<G = F>(options: SubmitOptions & PolicyOptions<G>): CarefulPool<R, Awaited<G>>
}

/** A pool of closures with options for every task. */
export interface PoolWith<R> {
  /** As `submit` of the pool. */
  submit<T>(
    task: (context: TaskContext<R>) => T | PromiseLike<NoInfer<Awaited<T>>>,
    options?: SubmitOptions,
  ): Promise<Awaited<T>>
  /** As `future` of the pool. */
  future<T>(
    task: (context: TaskContext<R>) => T | PromiseLike<NoInfer<Awaited<T>>>,
    options?: SubmitOptions,
  ): Future<Awaited<T>>
  /** As `group` of the pool; what the view says of every task holds for its tasks. */
  group<T = unknown>(options?: GroupOptions & { mode?: 'all' | undefined }): Group<R, T, T[]>
  group<T = unknown>(options: GroupOptions & { mode: 'any' }): Group<R, T, T>
  group<T = unknown>(options: GroupOptions & { mode: 'allSettled' }): Group<R, T, Outcome<T>[]>
  group<T = unknown>(options?: GroupOptions): Group<R, T, T | T[] | Outcome<T>[]>
  /** As `submitAll` of the pool. */
  submitAll<F extends (context: TaskContext<R>) => unknown>(
    tasks: Iterable<F>,
    options?: SubmitOptions,
  ): Promise<Awaited<ReturnType<F>>[]>
  /** As `execute` of the pool. */
  execute(task: (context: TaskContext<R>) => unknown, options?: SubmitOptions): void
  /** As `tryExecute` of the pool. */
  tryExecute(task: (context: TaskContext<R>) => unknown, options?: SubmitOptions): boolean
  /** As `map` of the pool. */
  map<I, O>(
    items: Iterable<I> | AsyncIterable<I>,
    task: (item: I, context: TaskContext<R>) => O | PromiseLike<NoInfer<Awaited<O>>>,
    options?: MapOptions,
  ): AsyncIterableIterator<Awaited<O>>
  /** As `wrap` of the pool. */
  wrap<This, A extends unknown[], T>(f: (this: This, ...args: A) => T): (this: This, ...args: A) => Promise<Awaited<T>>
  /** A view of this view: what it leaves out is taken from here, and both signals abort. */
  with<F = never>(options: SubmitOptions & Careful<F>): CarefulPool<R, Awaited<F>>
  with(options: SubmitOptions): PoolWith<R>
}

/**
 * A thread pool with a policy or a fallback for every call. `M` is the task module, `D` the same with the default export
 * of the view, `F` what the fallback gives, once it is there.
 */
export interface CarefulThreads<M, D, F = never> {
  /** As `run` of the pool. */
  run<N extends Names<D> = Default<D>>(...call: Call<D, N, Omit<RunOptions, 'transfer'>>): Promise<Result<D, N> | F>
  /** As `tasks` of the pool. */
  readonly tasks: {
    readonly [K in keyof Tasks<M>]: Tasks<M>[K] extends (...args: infer A) => Promise<infer T>
      ? (...args: A) => Promise<T | F>
      : never
  }
  /** As `map` of the pool: each item goes by way of the policy. */
  map<N extends Names<D> = Default<D>>(
    items: Iterable<Argument<D, N>> | AsyncIterable<Argument<D, N>>,
    options?: Named<MapRunOptions, N>,
  ): AsyncIterableIterator<Result<D, N> | F>
  /** A view of this view. */
  with<N extends Names<M> | undefined = undefined, G = F>(
    options: Named<WithOptions, N> & PolicyOptions<G> & DeadLetterOptions,
  ): CarefulThreads<M, WithDefault<D, N>, Awaited<G>>
}

/** A thread pool with options for every call. `M` is the task module, `D` the same with the default export of the view. */
export interface With<M, D> {
  /** As `run` of the pool. */
  run<N extends Names<D> = Default<D>>(...call: Call<D, N, RunOptions>): Promise<Result<D, N>>
  /** As `tasks` of the pool. */
  readonly tasks: Tasks<M>
  /** As `future` of the pool. */
  future<N extends Names<D> = Default<D>>(...call: Call<D, N, RunOptions>): Future<Result<D, N>>
  /** As `group` of the pool; what the view says of every call holds for its calls. */
  group<T = unknown>(options?: GroupOptions & { mode?: 'all' | undefined }): ThreadGroup<GroupRun<D>, T, T[]>
  group<T = unknown>(options: GroupOptions & { mode: 'any' }): ThreadGroup<GroupRun<D>, T, T>
  group<T = unknown>(options: GroupOptions & { mode: 'allSettled' }): ThreadGroup<GroupRun<D>, T, Outcome<T>[]>
  group<T = unknown>(options?: GroupOptions): ThreadGroup<GroupRun<D>, T, T | T[] | Outcome<T>[]>
  /** As `runAll` of the pool. */
  runAll<N extends Names<D> = Default<D>>(
    args: Iterable<Argument<D, N>>,
    options?: Named<RunAllOptions, N>,
  ): Promise<Result<D, N>[]>
  /** As `map` of the pool. */
  map<N extends Names<D> = Default<D>>(
    items: Iterable<Argument<D, N>> | AsyncIterable<Argument<D, N>>,
    options?: Named<MapRunOptions, N>,
  ): AsyncIterableIterator<Result<D, N>>
  /** As `stream` of the pool. */
  stream<N extends StreamNames<D> = StreamDefault<D>>(
    ...call: StreamCall<D, N, StreamOptions>
  ): AsyncIterableIterator<Chunk<D, N>>
  /** A view of this view: what it leaves out is taken from here, and both signals abort. */
  with<N extends Names<M> | undefined = undefined, F = never>(
    options: Named<WithOptions, N> & CarefulCalls<F>,
  ): CarefulThreads<M, WithDefault<D, N>, Awaited<F>>
  with<N extends Names<M> | undefined = undefined>(options: Named<WithOptions, N>): With<M, WithDefault<D, N>>
}
