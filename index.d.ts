import { TransferListItem, Worker, WorkerOptions } from 'node:worker_threads';

/** Where a pool reports what no promise can carry. The shape of pino's loggers: an object, then a message. */
export interface Logger {
	debug(details: object, message: string): void;
	info(details: object, message: string): void;
	warn(details: object, message: string): void;
	error(details: object, message: string): void;
}
/** What a pool runs: a function that returns its result or a promise of it. */
export type Closure<R, T = unknown> = (context: TaskContext<R>) => T | PromiseLike<T>;
/** What a task's function is given. */
export interface TaskContext<R> {
	/** The worker's resource; `undefined` without `init`. Not to be used after the task has ended. */
	readonly resource: R;
	/** Aborts when the task is aborted or timed out, or the pool's own signal aborts. Made when first read. */
	readonly signal: AbortSignal;
}
/** What is known of a task that failed. */
export interface TaskInfo {
	/** The pool's name. */
	pool: string;
	/** The how-manieth task of its pool it is, from 1. */
	id: number;
	/** The function's name, if it has one. */
	name?: string;
	priority: number;
	/** From `submit` to the call of its function. */
	waitMs: number;
	/** From the call of its function to its end. */
	runMs: number;
}
/** Options that every pool takes. `undefined` means absent; unknown options are errors. */
export interface PoolOptions {
	/** Label in errors, logs and `TaskInfo`; default `pool-1`, `pool-2`, … */
	name?: string | undefined;
	/**
	 * Capacity: most live workers, and hence most closures that run at once. An integer from 1 to 2³¹ − 1, default 256;
	 * `Infinity` or −1 = unbounded. Can be changed with `tune`.
	 */
	size?: number | undefined;
	/**
	 * How long an idle worker is kept, in ms, counted from the end of its last task. Above 0, up to 2³¹ − 1, default
	 * 1,000; `Infinity` = `disablePurge`. It is retired no sooner than this and no later than twice this.
	 */
	expiry?: number | undefined;
	/** Idle workers stay until the pool is released. Default false. */
	disablePurge?: boolean | undefined;
	/** Reserve memory for `size` workers now. Not with an unbounded pool; `size` up to 2²⁴. Default false. */
	preAlloc?: boolean | undefined;
	/** When full, reject with `PoolOverloadError` rather than wait. Wins over `maxBlockingTasks`. Default false. */
	nonblocking?: boolean | undefined;
	/** Most waiting tasks; beyond it `PoolOverloadError`. An integer from 0 to 2³¹ − 1, default 0 = no bound. */
	maxBlockingTasks?: number | undefined;
	/**
	 * Called with the error of every task whose function threw or rejected, before its promise settles; a failure it has
	 * seen is never an `unhandledRejection`. Also with every end without success of a task given to `execute` or
	 * `tryExecute`. If it throws or rejects itself, that is logged.
	 */
	panicHandler?: ((error: unknown, task: TaskInfo) => unknown) | undefined;
	/** Where the pool logs. pino fits. Default: warnings and errors to the console. */
	logger?: Logger | undefined;
	/**
	 * When it aborts the pool is released, and the signal of every running task aborts. Aborted from the start: the pool
	 * is born closed. A pool whose signal has aborted cannot be rebooted.
	 */
	signal?: AbortSignal | undefined;
	/**
	 * One pool for all isolates (main thread and `worker_threads`) of this process that ask for its `name`: one capacity, one wait
	 * queue, one set of counters. Every `create` gives a face of it, and verbs on one face act for all. Options that are given
	 * must equal those that the pool was made with; functions and `signal` belong to their face. Not with `init`. Default false.
	 */
	shared?: boolean | undefined;
}
/** What a worker holds between tasks: made when the worker starts, kept while it is idle, disposed of when it retires. */
export interface Resource<R> {
	/** Makes the resource. The task waits for it; if it fails, one task rejects with its error. */
	init?: (() => R | PromiseLike<R>) | undefined;
	/** Disposes of the resource. The worker counts until this has settled; a failure is logged as a warning. */
	dispose?: ((resource: R) => unknown) | undefined;
	/** Asked after a task has failed: whether the resource must not be used again. Throwing means yes. Default: no. */
	isBroken?: ((error: unknown, resource: R) => boolean) | undefined;
}
/** Options of one task. */
export interface SubmitOptions {
	/** Aborts the task: one that waits never runs; one that runs rejects at once and its context's signal aborts. */
	signal?: AbortSignal | undefined;
	/**
	 * Most time without a worker, in ms from the call, then `WaitTimeoutError`. From 0 to 2³¹ − 1; 0 = refuse rather than
	 * wait. Default: no limit.
	 */
	waitTimeout?: number | undefined;
	/**
	 * Most time of running, in ms from the call of the function, then `TaskTimeoutError` and its context's signal aborts.
	 * Above 0, up to 2³¹ − 1. Default: no limit.
	 */
	timeout?: number | undefined;
	/** Lower goes first: a safe integer from 0, or `high` = 0, `normal` = 1, `low` = 2. Default 1. */
	priority?: number | "high" | "normal" | "low" | undefined;
}
/** Options of `map`. Those of a task hold for the task of each item; `signal` aborts the map as a whole. */
export interface MapOptions extends SubmitOptions {
	/** Yield results in the order of their items, rather than as they finish. Default true. */
	ordered?: boolean | undefined;
}
/** Options of `close`. */
export interface CloseOptions {
	/** Most time, in ms from the call; then what still waits rejects, and `close` with `ReleaseTimeoutError`. ≥ 0. */
	timeout?: number | undefined;
	/** When it aborts, what still waits rejects, as with `release`; `close` resolves when the busy workers end. */
	signal?: AbortSignal | undefined;
}
/** Options of `vacancy`. */
export interface VacancyOptions {
	/** When it aborts, the wait ends, and `vacancy` rejects with its reason. */
	signal?: AbortSignal | undefined;
}
/** One consistent snapshot of a pool. Unbounded counts are `Infinity`. */
export interface PoolStats {
	/** Most live workers. */
	capacity: number;
	/** Live workers, busy and idle. */
	running: number;
	/** Workers with a task, and booting ones. */
	busy: number;
	/** running − busy. */
	idle: number;
	/** capacity − busy, not below 0: tasks that could start now. */
	available: number;
	/** capacity − running, not below 0: workers that could be started. */
	free: number;
	/** Accepted tasks that have no worker yet. */
	waiting: number;
	/** Whether new tasks are refused. */
	isClosed: boolean;
	/** The lifetime between (re)open and release that the pool is in, from 1. */
	generation: number;
	/** Accepted tasks. Always unsettled + completed + failed + timedOut + cancelled + rejected.waitTimeout + rejected.released. */
	submitted: number;
	/** Accepted tasks that have not settled, of any generation. */
	unsettled: number;
	completed: number;
	failed: number;
	timedOut: number;
	cancelled: number;
	/** `overload` and `closed` count refused calls; the other two accepted tasks. */
	rejected: {
		overload: number;
		closed: number;
		waitTimeout: number;
		released: number;
	};
	/** Most busy workers at once, in this generation. */
	peakBusy: number;
	/** Most waiting tasks at once, in this generation. */
	peakWaiting: number;
	/** `started` includes `reused`: workers whose record came from the worker cache. */
	workers: {
		started: number;
		reused: number;
		retired: number;
		crashed: number;
	};
}
/**
 * Which pool of a MultiPool is the first to be asked for a task, and the one in which it waits if no pool can take it
 * at once.
 *
 * - `round-robin`: one after the other, from index 0. Looks at nothing, so it costs least.
 * - `least-tasks`: the one with the fewest tasks, busy + waiting.
 * - `smart-round-robin`: one after the other, without those in which nothing is available; round robin if that is all.
 * - `weighted-least-tasks`: the one with the smallest busy + 2 × waiting.
 * - a function: is given the stats of all pools, by index, and gives an index. It is called for every task as long as
 *   a pool is open. What it throws is what the submit rejects with; a bad index is a RangeError with code
 *   `ERR_POOL_OPTION`.
 *
 * Of equals the one with the lowest index is taken.
 *
 * ```js
 * const strategy = (pools) => (pools[0].waiting > 100 ? 1 : 0)
 * ```
 */
export type Strategy = "round-robin" | "least-tasks" | "smart-round-robin" | "weighted-least-tasks" | ((pools: readonly PoolStats[]) => number);
/** Options of a MultiPool, beside those of the pools that it makes. */
export interface MultiPoolOptions {
	/** How many pools there are. An integer from 1 to 1,024; needed. */
	pools: number;
	/** Which pool is the first to be asked for a task. Default `round-robin`. */
	strategy?: Strategy | undefined;
}
declare abstract class AnyPool implements AsyncDisposable {
	#private;
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
	vacancy(options?: VacancyOptions): Promise<void>;
	/** Most closures that run at once; `Infinity` if unbounded. */
	get capacity(): number;
	/** Live workers, busy and idle. */
	get running(): number;
	/** Workers with a task, and those whose resource is being made. */
	get busy(): number;
	/** Live workers without a task: running − busy. */
	get idle(): number;
	/** Tasks that could start now: capacity − busy, not below 0. */
	get available(): number;
	/** Workers that could be started: capacity − running, not below 0. */
	get free(): number;
	/** Accepted tasks that have no worker yet. */
	get waiting(): number;
	/** Whether new tasks are refused. */
	get isClosed(): boolean;
	/** Everything that is counted, as one consistent snapshot. */
	stats(): PoolStats;
	/**
	 * Changes the capacity. Growing starts waiting tasks at once. Shrinking retires idle workers at once and busy ones as they
	 * finish; nothing new starts above the new size. Works on a closed pool, too.
	 *
	 * @param size as the option `size`
	 * @throws RangeError or TypeError with code `ERR_POOL_OPTION`
	 */
	abstract tune(size: number): void;
	/** Closes now: waiting tasks reject with `PoolClosedError`, busy ones finish, idle workers retire. */
	release(): void;
	/**
	 * Releases and waits until no worker is left. Rejects with `ReleaseTimeoutError` if some are after `ms` (≥ 0, from the
	 * call); the pool stays closed. On a pool that is closed already it only waits.
	 */
	releaseTimeout(ms: number): Promise<void>;
	/**
	 * Refuses new tasks, runs all that was accepted, then resolves. After `timeout`, what still waits rejects, and `close` with
	 * `ReleaseTimeoutError`; when `signal` aborts, what still waits rejects, and `close` resolves when the busy ones end.
	 */
	close(options?: CloseOptions): Promise<void>;
	/** Resolves when nothing waits and nothing is busy. Does not close. */
	drain(): Promise<void>;
	/**
	 * Opens a closed pool again, as a new generation: what still waits rejects, and workers of the old generation retire when
	 * they finish, without counting in the new one. Does nothing to an open pool.
	 *
	 * @throws PoolClosedError if the pool's `signal` has aborted
	 */
	reboot(): void;
	/**
	 * `close()`, for `await using`. Of a shared pool only this face goes: it refuses new tasks and waits for its own; the last one
	 * closes the pool.
	 */
	[Symbol.asyncDispose](): Promise<void>;
}
/**
 * Runs async closures on this event loop, at most `size` at once; what does not fit waits, or is refused.
 *
 * ```js
 * const pool = Pool.create({ size: 50, maxBlockingTasks: 1_000 })
 * const page = await pool.submit(() => fetch(url), { waitTimeout: 500 })
 * ```
 */
export declare class Pool<R = void> extends AnyPool {
	#private;
	private constructor();
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
	static create<R = void>(options?: PoolOptions & Resource<R>): Pool<R>;
	/**
	 * Runs `task` as soon as a worker is free, at once if one is, and gives its result. It never throws; it rejects with
	 * what the task throws or rejects with, with a `PoolError`, with `signal.reason`, or with the TypeError or RangeError of
	 * a bad argument. A closure that waits inside its own full pool waits for ever.
	 */
	submit<T>(task: (context: TaskContext<R>) => T | PromiseLike<T>, options?: SubmitOptions): Promise<Awaited<T>>;
	/**
	 * Runs `task` without a promise. Every end without success goes to `panicHandler`, or else to `logger.error`.
	 *
	 * @throws what `submit` would reject with, if the task is refused
	 */
	execute(task: (context: TaskContext<R>) => unknown, options?: SubmitOptions): void;
	/**
	 * The same as `execute`, but a task that is refused gives false. Nothing is built for a refusal, so this is the cheap way
	 * to shed load.
	 *
	 * @throws for bad arguments only
	 */
	tryExecute(task: (context: TaskContext<R>) => unknown, options?: SubmitOptions): boolean;
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
	map<I, O>(items: Iterable<I> | AsyncIterable<I>, task: (item: I, context: TaskContext<R>) => O | PromiseLike<O>, options?: MapOptions): AsyncIterableIterator<Awaited<O>>;
	tune(size: number): void;
}
/** Options of a thread pool beside those of every pool. */
export interface ThreadOptions {
	/**
	 * The task module: an absolute path or a `file:` URL. CommonJS or ESM; `.ts` where the runtime strips types, else through
	 * `execArgv`. Its exported functions are the tasks. A missing file is found by the first thread.
	 */
	filename: string | URL;
	/** Most tasks that one thread has at once: async ones overlap. An integer from 1, default 1. */
	concurrency?: number | undefined;
	/** So many threads are not purged; they start when first needed. An integer from 0 to `size`, default 0. */
	minSize?: number | undefined;
	/** Most time, in ms, that a task which was aborted or timed out may run on before its thread is ended. ≥ 0, default 100. */
	grace?: number | undefined;
	/** Replace a thread, between tasks, after so many `tasks`, or once its heap is above `heapMb` MiB. */
	recycle?: {
		tasks?: number | undefined;
		heapMb?: number | undefined;
	} | undefined;
	/** As `new Worker`. */
	env?: WorkerOptions["env"];
	/** As `new Worker`. */
	argv?: WorkerOptions["argv"];
	/** As `new Worker`. */
	execArgv?: WorkerOptions["execArgv"];
	/** As `new Worker`. */
	resourceLimits?: WorkerOptions["resourceLimits"];
	/** What `workerData` gives in the threads. */
	workerData?: unknown;
	/** As `new Worker`. */
	stdout?: boolean | undefined;
	/** As `new Worker`. */
	stderr?: boolean | undefined;
	/** As `new Worker`. */
	trackUnmanagedFds?: boolean | undefined;
	/** Classes of errors to rebuild when tasks throw them: found by name, made without calling the constructor. */
	errors?: readonly (abstract new (...args: never[]) => Error)[] | undefined;
	/** For bundlers that must see `new Worker(new URL(…))`. A file of one's own imports 'workpool/worker' before anything else. */
	createWorker?: ((url: URL, options: WorkerOptions) => Worker) | undefined;
}
interface MapRunOptions extends MapOptions {
	/** The export to call; default: the default export. */
	name?: string | undefined;
}
/** Options of one task of a thread pool. */
export interface RunOptions extends SubmitOptions {
	/** The export to call; default: the default export. */
	name?: string | undefined;
	/** What of the argument is moved rather than cloned. */
	transfer?: readonly TransferListItem[] | undefined;
}
type Functions = Record<string, (...args: any[]) => any>;
/** The exported functions of a task module, as they are called from outside: any number of arguments, and a promise. */
export type Tasks<M> = {
	readonly [K in keyof M as M[K] extends (...args: never[]) => unknown ? K : never]: M[K] extends (...args: infer A) => infer T ? (...args: A) => Promise<Awaited<T>> : never;
};
type Names<M> = keyof Tasks<M> & string;
type FirstArgument<F> = F extends (...args: infer A) => unknown ? A[0] : never;
type Result<F> = F extends (...args: never[]) => infer T ? Awaited<T> : unknown;
type Items<I> = Iterable<I> | AsyncIterable<I>;
/** `run`, typed through the task module: its default export, or the one that `name` names. */
export interface Run<M> {
	<N extends Names<M>>(argument: FirstArgument<M[N]>, options: RunOptions & {
		name: N;
	}): Promise<Result<M[N]>>;
	(argument?: M extends {
		default: infer F;
	} ? FirstArgument<F> : unknown, options?: RunOptions & {
		name?: undefined;
	}): Promise<M extends {
		default: infer F;
	} ? Result<F> : unknown>;
}
type Named<M, N extends keyof M> = Omit<M, "default"> & {
	default: M[N];
};
type WithOptions = Omit<RunOptions, "transfer">;
interface With<M, D> {
	readonly run: Run<D>;
	readonly tasks: Tasks<M>;
}
/**
 * Runs the exported functions of a module in threads of its own, at most `size` of them; what does not fit waits, or is refused.
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
export declare class ThreadPool<M = Functions> extends AnyPool {
	#private;
	/**
	 * The exported functions: `pool.tasks.fib(40)` calls the export `fib` in a thread. Arguments and results are cloned as by
	 * `structuredClone`. An export that does not exist rejects with a TypeError of code `ERR_POOL_OPTION`.
	 */
	readonly tasks: Tasks<M>;
	private constructor();
	/**
	 * A new, open pool. Threads start when tasks need them; with `preAlloc` all of them start now.
	 *
	 * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
	 */
	static create<M = Functions>(options: PoolOptions & ThreadOptions): ThreadPool<M>;
	/**
	 * Calls the default export, or `options.name`, with one argument in a thread, as soon as one is free. It never throws; it
	 * rejects with what the function throws or rejects with, with a `PoolError`, with `signal.reason`, with a `DataCloneError`,
	 * or with the TypeError or RangeError of a bad option.
	 */
	get run(): Run<M>;
	/**
	 * The same pool with options for every call.
	 *
	 * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
	 */
	with<N extends Names<M>>(options: WithOptions & {
		name: N;
	}): With<M, Named<M, N>>;
	with(options: WithOptions & {
		name?: undefined;
	}): With<M, M>;
	/**
	 * As `run`, but blocks this thread until the result is there: no event, timer or promise gets its turn meanwhile. For code that
	 * cannot wait, in scripts and tools.
	 *
	 * @throws what `run` would reject with
	 */
	runSync<N extends Names<M>>(argument: FirstArgument<M[N]>, options: RunOptions & {
		name: N;
	}): Result<M[N]>;
	runSync(argument?: M extends {
		default: infer F;
	} ? FirstArgument<F> : unknown, options?: RunOptions & {
		name?: undefined;
	}): M extends {
		default: infer F;
	} ? Result<F> : unknown;
	/**
	 * Resolves once a thread has loaded the module; starts one if there is none. Rejects with `WorkerStartError` if none can, and
	 * with `PoolClosedError`.
	 */
	ready(): Promise<void>;
	/**
	 * Calls the default export, or `options.name`, for every item and yields the results, in the order of the items unless
	 * `ordered` is false. As `map` of a `Pool`, with a window of `size` × `concurrency` items.
	 *
	 * ```js
	 * for await (const html of pool.map(paths, { name: 'render' })) await write(html)
	 * ```
	 *
	 * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
	 */
	map(items: Items<M extends {
		default: infer F;
	} ? FirstArgument<F> : unknown>, options?: MapRunOptions & {
		name?: undefined;
	}): AsyncIterableIterator<M extends {
		default: infer F;
	} ? Result<F> : unknown>;
	map<N extends Names<M>>(items: Items<FirstArgument<M[N]>>, options: MapRunOptions & {
		name: N;
	}): AsyncIterableIterator<Result<M[N]>>;
	/** Ends everything now: running and waiting tasks reject with `PoolClosedError`, threads are ended. Resolves when they are. */
	destroy(): Promise<void>;
	/** @param size as the option `size` */
	tune(size: number): void;
}
/**
 * Several pools behind one face. A strategy names the pool for a task. If that one cannot take it at once, the others
 * are asked, fewest tasks first; if none can, the task waits in the named one. So nothing waits while any pool has
 * room, and an overload means that all are full.
 *
 * Each pool keeps its own workers, queue and counters. That is worth having where pools differ (in size, in what their
 * resources are connected to), or where one is to be released or rebooted without the others.
 *
 * ```js
 * const replicas = ['a.db', 'b.db'].map((host) => Pool.create({ name: host, size: 20, init: () => connect(host) }))
 * const db = MultiPool.of(replicas, { strategy: 'least-tasks' })
 * const rows = await db.submit(({ resource }) => resource.query('select 1'))
 * ```
 */
export declare class MultiPool<P> implements AsyncDisposable {
	#private;
	private constructor();
	/**
	 * Makes `pools` equal pools, each with the options given: `size` and `maxBlockingTasks` are those of one pool. They
	 * are called `name#0`, `name#1`, …; without a `name`, `pool-1#0` and so on.
	 *
	 * ```js
	 * const multi = MultiPool.create({ pools: 4, size: 64, strategy: 'least-tasks' })
	 * ```
	 *
	 * @throws TypeError or RangeError with code `ERR_POOL_OPTION`; no pool is left then
	 */
	static create<R = void>(options: PoolOptions & Resource<R> & MultiPoolOptions): MultiPool<Pool<R>>;
	/**
	 * Puts pools of one kind behind one face: from 1 to 1,024, of any sizes, none of them twice. They can still be used
	 * directly, and the array may be changed afterwards.
	 *
	 * @param options `strategy`, as that of `create`
	 * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
	 */
	static of<P extends Pool<any>>(pools: readonly P[], options?: {
		strategy?: MultiPoolOptions["strategy"];
	}): MultiPool<P>;
	static of<P extends ThreadPool<any>>(pools: readonly P[], options?: {
		strategy?: MultiPoolOptions["strategy"];
	}): MultiPool<P>;
	/**
	 * The pool with this index, from 0.
	 *
	 * @throws RangeError (TypeError, if it is no number) with code `ERR_POOL_OPTION`
	 */
	at(index: number): P;
	/**
	 * Names pools in another way from the next task on. Tasks that wait stay where they are, and the cycle goes on.
	 *
	 * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
	 */
	setStrategy(strategy: Strategy): void;
	/**
	 * As `submit` of a pool, in the first pool that takes the task. Rejects with a `PoolOverloadError` if no pool takes
	 * it, with a `PoolClosedError` if all are closed, and with what a strategy that is a function throws. With a
	 * `waitTimeout` of 0 and no room in any pool the named one gives the `WaitTimeoutError`, or the first one that would
	 * have let it wait.
	 */
	submit<R, T>(this: MultiPool<Pool<R>>, task: (context: TaskContext<R>) => T | PromiseLike<T>, options?: SubmitOptions): Promise<Awaited<T>>;
	/**
	 * As `execute` of a pool, in the first pool that takes the task. Its end is told to that pool's `panicHandler` or
	 * `logger`.
	 *
	 * @throws what `submit` would reject with, if the task is refused
	 */
	execute<R>(this: MultiPool<Pool<R>>, task: (context: TaskContext<R>) => unknown, options?: SubmitOptions): void;
	/**
	 * The same as `execute`, but a task that is refused gives false.
	 *
	 * @throws for bad arguments, and what a strategy that is a function throws
	 */
	tryExecute<R>(this: MultiPool<Pool<R>>, task: (context: TaskContext<R>) => unknown, options?: SubmitOptions): boolean;
	/** As `run` of a thread pool, in the first pool that takes the task. */
	get run(): P extends ThreadPool<infer M> ? Run<M> : never;
	/** As `tasks` of a thread pool, in the first pool that takes the task. */
	get tasks(): P extends ThreadPool<infer M> ? Tasks<M> : never;
	/**
	 * The same pools with options for every call of an export.
	 *
	 * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
	 */
	with<M, N extends Names<M>>(this: MultiPool<ThreadPool<M>>, options: WithOptions & {
		name: N;
	}): With<M, Named<M, N>>;
	with<M>(this: MultiPool<ThreadPool<M>>, options: WithOptions & {
		name?: undefined;
	}): With<M, M>;
	/**
	 * As `map` of a pool, over all pools. The window is the sum of their capacities.
	 *
	 * ```js
	 * for await (const row of db.map(ids, (id, { resource }) => resource.query('select …', id))) print(row)
	 * ```
	 *
	 * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
	 */
	map<R, I, O>(this: MultiPool<Pool<R>>, items: Iterable<I> | AsyncIterable<I>, task: (item: I, context: TaskContext<R>) => O | PromiseLike<O>, options?: MapOptions): AsyncIterableIterator<Awaited<O>>;
	/**
	 * Resolves when a submit would not have to wait in some pool, as `vacancy` of a pool. Rejects with `PoolClosedError` when all
	 * pools are closed, and with `signal.reason`.
	 */
	vacancy(options?: VacancyOptions): Promise<void>;
	/** The sum of the pools' capacities; `Infinity` if one is unbounded. */
	get capacity(): number;
	/** Live workers of all pools, busy and idle. */
	get running(): number;
	/** Workers with a task, and those whose resource is being made, of all pools. */
	get busy(): number;
	/** Live workers without a task, of all pools. */
	get idle(): number;
	/** The sum of what is available in each pool: as many tasks would not have to wait, unless a pool is closed. */
	get available(): number;
	/** Workers that could be started, in all pools. */
	get free(): number;
	/** Accepted tasks that have no worker yet, of all pools. */
	get waiting(): number;
	/** Whether all pools are closed. */
	get isClosed(): boolean;
	/**
	 * The sums of the pools' stats, read one pool after the other. `rejected.overload` and `rejected.closed` include the
	 * tasks that no pool took, each once. `generation` is the highest of the pools'; the peaks are sums of peaks, an
	 * upper bound.
	 */
	stats(): PoolStats;
	/**
	 * Changes the capacity of each pool to `size`, so that of all to `size` × their number.
	 *
	 * @param size as the option `size`
	 * @throws RangeError or TypeError with code `ERR_POOL_OPTION`
	 */
	tune(size: number): void;
	/** Releases all pools. */
	release(): void;
	/**
	 * Releases all pools and waits until no worker is left in any. Rejects with an `AggregateError` if some are after
	 * `ms` (≥ 0, from the call): `errors[i]` is a `ReleaseTimeoutError`, and `errors[i].index` names its pool.
	 */
	releaseTimeout(ms: number): Promise<void>;
	/**
	 * Closes all pools, as `close` of a pool does. After `timeout` it rejects with an `AggregateError`, as
	 * `releaseTimeout` does.
	 */
	close(options?: CloseOptions): Promise<void>;
	/** Resolves when in no pool anything waits or is busy. Does not close. */
	drain(): Promise<void>;
	/**
	 * Opens all closed pools again. If there was one, `round-robin` and `smart-round-robin` start again at index 0.
	 *
	 * @throws AggregateError if the signal of a pool has aborted; `errors[i].index` names it. The others are open then
	 */
	reboot(): void;
	/** `close()`, for `await using`; of shared pools only these faces go, as with `Pool`. */
	[Symbol.asyncDispose](): Promise<void>;
}
/** What a pool itself rejects with. `code` is stable; `retryable` says whether the same call may succeed later. */
export declare abstract class PoolError extends Error {
	abstract readonly code: string;
	abstract readonly retryable: boolean;
}
/** The pool is closed: the task was submitted after `release` or `close`, or it waited at release. */
export declare class PoolClosedError extends PoolError {
	readonly code = "ERR_POOL_CLOSED";
	readonly retryable = false;
}
/** The pool is full, and `nonblocking` or `maxBlockingTasks` does not let the task wait. */
export declare class PoolOverloadError extends PoolError {
	readonly code = "ERR_POOL_OVERLOAD";
	readonly retryable = true;
}
/** No worker was free within the task's `waitTimeout`. */
export declare class WaitTimeoutError extends PoolError {
	readonly code = "ERR_POOL_WAIT_TIMEOUT";
	readonly retryable = true;
}
/** The task ran longer than its `timeout`. Its closure goes on until it ends; heed `context.signal` to end early. */
export declare class TaskTimeoutError extends PoolError {
	readonly code = "ERR_POOL_TASK_TIMEOUT";
	readonly retryable = true;
}
/** The thread of a task died under it. */
export declare class WorkerCrashedError extends PoolError {
	readonly code = "ERR_POOL_WORKER_CRASHED";
	readonly retryable = true;
	/** Of the thread. */
	readonly exitCode: number;
	constructor(pool: string, exitCode: number, cause: unknown);
}
/** No thread could load the task module; `cause` says why. */
export declare class WorkerStartError extends PoolError {
	readonly code = "ERR_POOL_WORKER_START";
	readonly retryable = false;
	constructor(pool: string, message: string, cause: unknown);
}
/** Workers were left when the time of `releaseTimeout` or `close` was up. The pool stays closed. */
export declare class ReleaseTimeoutError extends PoolError {
	readonly code = "ERR_POOL_RELEASE_TIMEOUT";
	readonly retryable = false;
}

export {};
