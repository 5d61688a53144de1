import { Worker, WorkerOptions } from 'node:worker_threads';

/**
 * Where a pool reports what no promise can carry: `error` has failures of `execute`, a throwing `panicHandler`; `warn` a failing
 * `dispose`, a closure that submits to its own full pool; `debug` what closures do after they have settled. The shape of pino's loggers:
 * an object, then a message.
 */
export interface Logger {
	debug(details: object, message: string): void;
	info(details: object, message: string): void;
	warn(details: object, message: string): void;
	error(details: object, message: string): void;
}
/** What is known of a task that failed. */
export interface TaskInfo {
	/** The pool's name. */
	pool: string;
	/** The how-manieth task of its pool it is, from 1. */
	id: number;
	/** The closure's name, if it has one; in a thread that of the export. */
	name?: string;
	/** As a number: 0 for `high`, 1 for `normal`, 2 for `low`. */
	priority: number;
	/** From the call of `submit` or `run` to that of its function, in ms; without a start, to its end. */
	waitMs: number;
	/** From the call of its function to its end, in ms; 0 without a start. */
	runMs: number;
}
/**
 * Options that every pool takes. They are read once, from own properties. `undefined` means absent, `null` is an error, and so is
 * an unknown option. All times are in ms.
 */
export interface PoolOptions {
	/**
	 * Label in errors, logs, `TaskInfo` and names of threads; with `shared` the key by which isolates find the pool. Not empty.
	 * Default `pool-1`, `pool-2`, …
	 */
	name?: string | undefined;
	/**
	 * Capacity: most live workers, and hence most closures that run at once. An integer from 1 to 2³¹ − 1, default 256;
	 * `Infinity` or −1 = unbounded. Can be changed with `tune`.
	 *
	 * Of a `ThreadPool`: most live threads. Default: the processors that this process may use, container limits included; never
	 * unbounded.
	 */
	size?: number | undefined;
	/**
	 * How long an idle worker is kept, in ms, counted from when it went idle. Above 0, up to 2³¹ − 1; default 1,000, of a
	 * `ThreadPool` 60,000; `Infinity` = `disablePurge`. It is retired no sooner than this and no later than twice this.
	 */
	expiry?: number | undefined;
	/** Idle workers stay until the pool is closed or shrinks. Wins over `expiry`. Default false. */
	disablePurge?: boolean | undefined;
	/**
	 * Reserve memory for `size` workers now. Not with an unbounded pool; `size` up to 2²⁴. Of a `ThreadPool`: start all threads now.
	 * Default false.
	 */
	preAlloc?: boolean | undefined;
	/**
	 * When full, reject with `PoolOverloadError` rather than wait. A worker that boots is room. Wins over `maxBlockingTasks`. Default
	 * false.
	 */
	nonblocking?: boolean | undefined;
	/**
	 * Most waiting tasks; beyond it `PoolOverloadError`. Those that workers which boot will take do not count. An integer from 0 to
	 * 2³¹ − 1, default 0 = no bound.
	 */
	maxBlockingTasks?: number | undefined;
	/**
	 * Called with the error of every task whose function threw or rejected, or whose thread died, before its promise settles; a
	 * failure it has seen is never an `unhandledRejection`. Overloads, timeouts and aborts are not its business, but with `execute`
	 * and `tryExecute`, which have no promise, every end without success is. If it throws or rejects itself, that is logged.
	 *
	 * ```js
	 * const pool = Pool.create({ panicHandler: (error, { name, runMs }) => metrics.failed(name, runMs) })
	 * ```
	 */
	panicHandler?: ((error: unknown, task: TaskInfo) => unknown) | undefined;
	/** Where the pool reports what no promise can carry. pino fits. Default: warnings and errors to the console, nothing else. */
	logger?: Logger | undefined;
	/**
	 * When it aborts the pool is released, and the signal of every running task aborts; their promises settle when they end. Aborted
	 * from the start: the pool is born closed. A pool whose signal has aborted cannot be rebooted. Of a shared pool the signals of
	 * this isolate's tasks abort.
	 */
	signal?: AbortSignal | undefined;
	/**
	 * One pool for all isolates (main thread and `worker_threads`) of this process that ask for its `name`: one capacity, one wait
	 * queue, one set of counters. Every `create` gives a face of it, and verbs on one face act for all. Default false.
	 *
	 * - Options that are given must equal those that the pool was made with, whatever `tune` has changed since; those left out
	 *   agree. `panicHandler`, `logger`, `signal`, `errors` and `createWorker` belong to their face.
	 * - A closure runs in the isolate that submitted it. Not with `init`: a resource belongs to one isolate.
	 * - The threads of a `ThreadPool` belong to the isolate that created it first, see `ThreadPool.create`.
	 * - `await using` leaves: this face refuses new tasks and waits for its own, and the last one to go closes the pool.
	 * - When an isolate ends, its waiting tasks leave the queue, its running ones count as cancelled, and their workers take others.
	 */
	shared?: boolean | undefined;
}
/** What a worker holds between tasks: made when the worker starts, kept while it is idle, disposed of when it retires. */
export interface Resource<R> {
	/**
	 * Makes the resource. The task waits for it, which counts as waiting; if it fails, one task rejects with its error, and the next
	 * task tries again. It runs in the `AsyncLocalStorage` context of `create`, not in that of the task, which is over long before the
	 * resource is.
	 */
	init?: (() => R | PromiseLike<R>) | undefined;
	/**
	 * Disposes of the resource. The worker counts as running and busy until this has settled; a failure is logged as a warning. It
	 * runs, as `init` does, in the `AsyncLocalStorage` context of `create`.
	 */
	dispose?: ((resource: R) => unknown) | undefined;
	/**
	 * Most time that `dispose` may take, in ms from when the worker retires. Then its slot is free, and that is logged as a warning,
	 * with the worker and the time; `close` and the like wait for it no longer, and when it settles after all is logged at debug only.
	 * Above 0, up to 2³¹ − 1; default 30,000. Needs `dispose`.
	 *
	 * ```js
	 * const pool = Pool.create({ init: () => connect(), dispose: (connection) => connection.end(), disposeTimeout: 5_000 })
	 * ```
	 */
	disposeTimeout?: number | undefined;
	/** Asked after a task has thrown or rejected: whether the resource must not be used again. Throwing means yes. Default: no. */
	isBroken?: ((error: unknown, resource: R) => boolean) | undefined;
}
/** Options of one task. */
export interface SubmitOptions {
	/**
	 * Aborts the task, which rejects with `signal.reason` at once: one that waits never runs; one that runs sees its own signal abort.
	 * A closure keeps its worker until it ends; a thread is ended if the task does not heed the signal within `grace`. Any number of
	 * tasks may share a signal.
	 */
	signal?: AbortSignal | undefined;
	/**
	 * Most time without a worker, in ms from the call, then `WaitTimeoutError`. From 0 to 2³¹ − 1; 0 = refuse rather than
	 * wait. Waiting for a worker that boots counts. Default: no limit.
	 */
	waitTimeout?: number | undefined;
	/**
	 * Most time of running, in ms from the call of the function (in a thread: from when the thread takes the task), then
	 * `TaskTimeoutError`, and the task's own signal aborts with that error. Above 0, up to 2³¹ − 1. Default: no limit.
	 */
	timeout?: number | undefined;
	/**
	 * Order among waiting tasks: lower goes first, first come first served within one. A safe integer from 0, or `high` = 0,
	 * `normal` = 1, `low` = 2. Default 1. It does not age: a stream of high ones holds the low ones up.
	 */
	priority?: number | "high" | "normal" | "low" | undefined;
}
/**
 * Options of `map`. Those of a task hold for the task of each item; `signal` aborts the map as a whole. `priority` and `waitTimeout`
 * also hold while the map waits for a worker before it pulls an item.
 */
export interface MapOptions extends SubmitOptions {
	/** Yield results in the order of their items, rather than as they finish. Default true. */
	ordered?: boolean | undefined;
}
/** Options of `close`. */
export interface CloseOptions {
	/**
	 * Most time, in ms from the call; then what still waits rejects with `PoolClosedError`, and `close` with `ReleaseTimeoutError`.
	 * From 0 to 2³¹ − 1. Default: no limit.
	 */
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
	/**
	 * Workers with a task, settled or not; booting ones; and those that are being disposed of, or whose thread is being
	 * ended.
	 */
	busy: number;
	/** running − busy. */
	idle: number;
	/**
	 * capacity − busy, not below 0: workers that could take a task now, unless the pool is closed. In the pause after a
	 * thread that could not be started beside others: no more than are idle.
	 */
	available: number;
	/** capacity − running, not below 0: workers that could be started; 0 in that pause. */
	free: number;
	/** Accepted tasks that have no worker yet. */
	waiting: number;
	/** Whether new tasks are refused. */
	isClosed: boolean;
	/** The lifetime between (re)open and release that the pool is in, from 1. */
	generation: number;
	/**
	 * Accepted tasks, from the creation of the pool on. Always unsettled + completed + failed + timedOut + cancelled +
	 * rejected.waitTimeout + rejected.released.
	 */
	submitted: number;
	/** Accepted tasks that have not settled, of any generation. */
	unsettled: number;
	/** Tasks whose function gave a result. */
	completed: number;
	/** Tasks whose function threw or rejected, whose `init` failed, or whose thread died or could not start. */
	failed: number;
	/** Tasks that ran longer than their `timeout`. */
	timedOut: number;
	/** Tasks whose `signal` aborted, that ran at `destroy`, or whose isolate ended. */
	cancelled: number;
	/** Most busy workers at once, in this generation. */
	peakBusy: number;
	/** Most waiting tasks at once, in this generation. */
	peakWaiting: number;
	/** Calls that were refused, and accepted tasks that got no worker. */
	rejected: {
		/** Calls that were refused, as the pool was full. */
		overload: number;
		/** Calls that were refused, as the pool was closed. */
		closed: number;
		/** Accepted tasks that got no worker within their `waitTimeout`. */
		waitTimeout: number;
		/** Accepted tasks that waited when the pool was released. */
		released: number;
	};
	/** What has become of workers. */
	workers: {
		/** Workers that were started, `reused` ones included. */
		started: number;
		/** Workers whose record came from the worker cache. */
		reused: number;
		/** Workers that retired. */
		retired: number;
		/** Threads that died or were ended. */
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
 * Strategies count tasks and know nothing of results. A pool whose tasks fail at once always has the fewest: `least-tasks` and
 * `weighted-least-tasks` send it nearly all of them, `smart-round-robin` its turn. Whoever knows that a pool is not well takes it out:
 * by `release`, or by a function that names another one.
 *
 * ```js
 * multi.setStrategy((pools) => (pools[0].waiting > 100 ? 1 : 0))
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
	vacancy(options?: VacancyOptions): Promise<void>;
	/** Most live workers, as `size` or the last `tune` says; `Infinity` if unbounded. */
	get capacity(): number;
	/** Live workers, busy and idle. */
	get running(): number;
	/**
	 * Workers with a task; those that boot: whose resource is being made, or whose thread loads its module; and those that are taken
	 * down: whose resource is being disposed of, or whose thread ends. A closure that was aborted or timed out keeps its worker busy
	 * until it ends.
	 */
	get busy(): number;
	/** Live workers without a task: running − busy. */
	get idle(): number;
	/**
	 * Workers that could take a task now, idle ones and such as could be started: capacity − busy, not below 0. A worker that is being
	 * disposed of holds its slot. What goes beside others on a busy thread (`concurrency`) is not counted.
	 */
	get available(): number;
	/** Workers that could be started: capacity − running, not below 0. */
	get free(): number;
	/** Accepted tasks that have no worker yet. */
	get waiting(): number;
	/** Whether new tasks are refused. Of a shared pool also true once this face has left. */
	get isClosed(): boolean;
	/**
	 * Everything that is counted, as one consistent snapshot. Counters run on from the creation of the pool; peaks restart with each
	 * generation.
	 */
	stats(): PoolStats;
	/**
	 * Changes the capacity. Growing starts waiting tasks at once. Shrinking retires idle workers at once and busy ones as they
	 * finish; nothing new starts above the new size. Works on a closed pool, too; the same size does nothing.
	 *
	 * @param size as the option `size`
	 * @throws RangeError or TypeError with code `ERR_POOL_OPTION`
	 */
	abstract tune(size: number): void;
	/**
	 * Closes now: waiting tasks reject with `PoolClosedError`, running ones finish, idle workers retire. Nothing is interrupted; a second
	 * call does nothing.
	 */
	release(): void;
	/**
	 * Releases and waits until no worker is left. Rejects with `ReleaseTimeoutError` if some are after `ms`, and the pool stays
	 * closed. On a pool that is closed already it only waits, for the generation that was closed.
	 *
	 * @param ms from the call, from 0 to 2³¹ − 1
	 */
	releaseTimeout(ms: number): Promise<void>;
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
	close(options?: CloseOptions): Promise<void>;
	/** Resolves when nothing waits and nothing is busy, at once if that is so. Does not close, so others may submit meanwhile. */
	drain(): Promise<void>;
	/**
	 * Opens a closed pool again, as a new generation: what still waits rejects, and workers of the old generation retire when
	 * they finish, without counting in the new one. Does nothing to an open pool.
	 *
	 * @throws PoolClosedError if the pool's `signal` has aborted, if this face of a shared pool has left, or if the isolate has ended
	 * that had the threads of a shared thread pool
	 */
	reboot(): void;
	/**
	 * `close()`, for `await using`. Of a shared pool only this face goes: it refuses new tasks and waits for its own; the last one
	 * closes the pool. The threads of a shared thread pool stay with the isolate that has them until then.
	 *
	 * ```js
	 * await using pool = Pool.create({ size: 10 })
	 * ```
	 */
	[Symbol.asyncDispose](): Promise<void>;
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
/**
 * What a pool itself rejects with; the message ends with the pool's name. What a task throws, `signal.reason` and the `TypeError`s and
 * `RangeError`s of bad arguments (code `ERR_POOL_OPTION`) are none.
 *
 * ```js
 * if (error instanceof PoolError && error.retryable) response.writeHead(503, { 'retry-after': '1' }).end()
 * ```
 */
export declare abstract class PoolError extends Error {
	/**
	 * Whether a value is an error of this class: `PoolError.is(error)` is true for all of them, `PoolOverloadError.is(error)` for these. As
	 * `instanceof`, but also for errors of another copy of this package in the process, and of another realm: two dependencies that each have their
	 * own, or the module registries of a test runner.
	 *
	 * ```js
	 * if (PoolOverloadError.is(error)) console.warn(`${error.waiting} tasks wait already`)
	 * ```
	 */
	static is<C extends abstract new (...args: never[]) => PoolError>(this: C, error: unknown): error is InstanceType<C>;
	/** Names the class; stable between versions. */
	abstract readonly code: string;
	/** Whether the same call may succeed later. Whether it may be repeated depends on the task: of a crash or a timeout it has begun. */
	abstract readonly retryable: boolean;
}
/**
 * The pool is closed: the task was submitted after `release` or `close`, waited at `release`, or was unsettled at `destroy` or when
 * the isolate ended that had the threads of a shared pool.
 */
export declare class PoolClosedError extends PoolError {
	readonly code = "ERR_POOL_CLOSED";
	readonly retryable = false;
}
/** The pool is full, and `nonblocking` or `maxBlockingTasks` does not let the task wait. */
export declare class PoolOverloadError extends PoolError {
	readonly code = "ERR_POOL_OVERLOAD";
	readonly retryable = true;
	/** Tasks that waited when this one was refused; of a `MultiPool` in all pools. */
	readonly waiting: number;
	/** Most live workers then; of a `MultiPool` the sum. */
	readonly capacity: number;
}
/** No worker was free within the task's `waitTimeout`. The task has not begun. */
export declare class WaitTimeoutError extends PoolError {
	readonly code = "ERR_POOL_WAIT_TIMEOUT";
	readonly retryable = true;
	/** How long the task was to wait at most, in ms. */
	readonly waitTimeout: number;
	/** The closure's name, if it has one; of a thread pool that of the export. */
	readonly task: string | undefined;
}
/**
 * The task ran longer than its `timeout`. Its closure goes on until it ends: heed `context.signal` to end early. A thread that does not
 * heed `currentTask().signal` within `grace` is ended.
 */
export declare class TaskTimeoutError extends PoolError {
	readonly code = "ERR_POOL_TASK_TIMEOUT";
	readonly retryable = true;
	/** How long the task was to run at most, in ms. */
	readonly timeout: number;
	/** The closure's name, if it has one; of a thread pool that of the export. */
	readonly task: string | undefined;
}
/**
 * The thread of a task died under it: it exited, ran out of memory or threw outside a task. `cause` is the uncaught error, if there was
 * one. Tasks that it had not begun are not affected.
 */
export declare class WorkerCrashedError extends PoolError {
	readonly code = "ERR_POOL_WORKER_CRASHED";
	readonly retryable = true;
	/** Of the thread, as `worker_threads` reports it. */
	readonly exitCode: number;
}
/**
 * No thread could load the task module; the message names it and says why, in full that is `cause`. A missing file, a syntax error or a throw of the module is final at once; a
 * thread that dies while it loads is first started again, after 100, 200 and 400 ms. Not while another thread serves: then tasks wait for that
 * one, the logger is told once, and the next thread is started after 100 ms, each time in a row twice as long, up to 5 s.
 */
export declare class WorkerStartError extends PoolError {
	readonly code = "ERR_POOL_WORKER_START";
	readonly retryable = false;
}
/**
 * The operating system gives no thread now (a limit of processes, of a container's pids, of memory), and the call needs the one that
 * sees to times: it has a `timeout` or `waitTimeout`. Nothing has been accepted or closed; the next such call asks again.
 */
export declare class NoThreadError extends PoolError {
	readonly code = "ERR_POOL_NO_THREAD";
	readonly retryable = true;
}
/** Workers were left when the time of `releaseTimeout` or `close` was up. The pool stays closed, and they end as their tasks do. */
export declare class ReleaseTimeoutError extends PoolError {
	readonly code = "ERR_POOL_RELEASE_TIMEOUT";
	readonly retryable = false;
	/** How many workers were left then, of the generation that was closed. */
	readonly workers: number;
	/** The time, in ms. */
	readonly timeout: number;
}
/**
 * Runs async closures on this event loop, at most `size` at once; what does not fit waits, or is refused.
 *
 * ```js
 * const pool = Pool.create({ size: 50, maxBlockingTasks: 1_000 })
 * const page = await pool.submit(() => fetch(url), { waitTimeout: 500 })
 * ```
 */
export declare class Pool<R = unknown> extends AnyPool {
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
	 * a bad argument. Checked in this order: arguments, aborted signal, closed, overload. Keeps the process alive until it settles.
	 *
	 * A closure that has a worker at once starts inside this call; once a hundred are inside one another, from a microtask. It runs
	 * in the `AsyncLocalStorage` context of this call, also if it waited. One that awaits a task of its own full pool
	 * waits for ever: give inner work a pool of its own, or `waitTimeout: 0`.
	 */
	submit<T>(task: (context: TaskContext<R>) => T | PromiseLike<NoInfer<Awaited<T>>>, options?: SubmitOptions): Promise<Awaited<T>>;
	/**
	 * Runs `task` without a promise; its result is dropped. Every end without success goes to `panicHandler`, or else to
	 * `logger.error`.
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
	 * While the pool is full the map stands in the queue as the task that it wants to submit would, with its `priority`: it starves
	 * behind nobody. It waits there no longer than `waitTimeout`, counted from when it wants an item; an item that has been pulled and finds no worker after all,
	 * as its source took its time, waits no longer than that from its pull.
	 *
	 * The first failure in time ends the map: of a task, of the source, of the pool (`PoolClosedError`, `WaitTimeoutError`,
	 * `TaskTimeoutError`) or by `signal`. The loop throws it once, what was not yielded is dropped, the other tasks are
	 * aborted, and the source is closed. Leaving the loop early ends the map in the same way; it waits for nobody.
	 *
	 * @param task gets the item and what a task of `submit` gets; its `context.signal` aborts when the map ends early
	 * @param options those of `submit` for each item's task, where `signal` aborts the map as a whole; and `ordered`, default true
	 * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
	 */
	map<I, O>(items: Iterable<I> | AsyncIterable<I>, task: (item: I, context: TaskContext<R>) => O | PromiseLike<NoInfer<Awaited<O>>>, options?: MapOptions): AsyncIterableIterator<Awaited<O>>;
	/** @param size as the option `size` */
	tune(size: number): void;
}
/**
 * What can be moved: an `ArrayBuffer`, a `MessagePort`, a stream and so on. `bytes.buffer` fits as it is; that of shared memory is refused
 * when it is moved. Taken from `WorkerOptions`, where every version of `@types/node` has it.
 */
export type Transferable = NonNullable<WorkerOptions["transferList"]>[number] | ArrayBufferLike;
/** Options of a thread pool beside those of every pool. Times are in ms. */
export interface ThreadOptions {
	/**
	 * The task module: an absolute path or a `file:` URL; needed. CommonJS or ESM; `.ts` where the runtime strips types, else through
	 * `execArgv`: a loader (`--import`), or a hook of `require` (`--require ts-node/register`), by which is loaded what `import` refuses. Its exported functions are the tasks; of CommonJS the own properties of `module.exports`, and `module.exports`
	 * itself, if it is a function, as the default export. Each thread loads it once, before its first task. A missing file is found
	 * by the first thread, and rejects tasks with `WorkerStartError`.
	 *
	 * ```js
	 * ThreadPool.create({ filename: new URL('tasks.js', import.meta.url) })
	 * ```
	 */
	filename: string | URL;
	/**
	 * Most tasks that one thread has at once: async ones overlap, synchronous ones cannot. A thread of its own comes first. An integer
	 * from 1 to 2³¹ − 1, default 1.
	 */
	concurrency?: number | undefined;
	/**
	 * So many threads are not purged, and replaced when they die; they start when first needed. An integer from 0 to `size`, default
	 * 0; `tune` below it wins.
	 */
	minSize?: number | undefined;
	/**
	 * Most time that a task may run on after it was aborted or timed out; then its thread is ended and replaced. In ms from the abort,
	 * from 0 to 2³¹ − 1, default 100. Other tasks of that thread (`concurrency`) get as long again, then they reject with
	 * `WorkerCrashedError`. Raise it for tasks that clean up; it does not delay the rejection.
	 */
	grace?: number | undefined;
	/**
	 * Replace a thread, between tasks, after so many `tasks` (an integer from 1), or once the heap that it uses is above `heapMb` MiB
	 * (a number above 0), looked at after each task. Default: never.
	 */
	recycle?: {
		tasks?: number | undefined;
		heapMb?: number | undefined;
	} | undefined;
	/** As `new Worker`: environment variables of the threads, or `SHARE_ENV`. Default: a copy of this isolate's. */
	env?: WorkerOptions["env"];
	/** As `new Worker`: appended to `process.argv` of the threads. */
	argv?: WorkerOptions["argv"];
	/** As `new Worker`: options of Node for the threads. Default: this isolate's. */
	execArgv?: WorkerOptions["execArgv"];
	/** As `new Worker`. A thread that reaches its limit ends, and its tasks reject with `WorkerCrashedError`. */
	resourceLimits?: WorkerOptions["resourceLimits"];
	/** What `workerData` of `workpool/worker` and of `node:worker_threads` gives in the threads; cloned for each. */
	workerData?: unknown;
	/**
	 * As `new Worker`; for `createWorker`, which holds the `Worker` whose `stdout` it is. Once something has come by it, Node keeps the
	 * process until that thread ends.
	 */
	stdout?: boolean | undefined;
	/** As `new Worker`; for `createWorker`, which holds the `Worker` whose `stderr` it is. */
	stderr?: boolean | undefined;
	/** As `new Worker`: close at its end what a thread has opened with `fs.open` and not closed. Default: Node's, true. */
	trackUnmanagedFds?: boolean | undefined;
	/**
	 * Classes of errors to rebuild when tasks throw them: found by name along the prototype chain of what was thrown, made without
	 * calling the constructor. Other classes arrive as the nearest built-in one, with their name, `code` and properties.
	 *
	 * ```js
	 * ThreadPool.create({ filename, errors: [ValidationError] })
	 * ```
	 */
	errors?: readonly (abstract new (...args: never[]) => Error)[] | undefined;
	/**
	 * Makes a thread, for bundlers that must see `new Worker(new URL(…))`, and for those who want the `Worker`. It is given the file
	 * that threads begin with, and must hand the options on, and return the `Worker`. A file of one's own imports `workpool/worker` before anything else. One that has
	 * not done so in 5 s is ended; that, and whatever else it returns, rejects tasks with a `WorkerStartError` that says what is wrong.
	 *
	 * ```js
	 * ThreadPool.create({ filename, createWorker: (url, options) => new Worker(url, options) })
	 * ```
	 */
	createWorker?: ((url: URL, options: WorkerOptions) => Worker) | undefined;
}
/** Options of `map` of a thread pool: those of `run` but `transfer`, and `ordered`. */
export interface MapRunOptions extends MapOptions {
	/** The export to call; default: the default export. */
	name?: string | undefined;
}
/** Options of one task of a thread pool. */
export interface RunOptions extends SubmitOptions {
	/** The export to call; default: the default export. */
	name?: string | undefined;
	/**
	 * What of the argument is moved rather than cloned: `ArrayBuffer`s, `MessagePort`s and so on. Gone once the task is accepted,
	 * however it ends; untouched if it is refused or cannot be cloned. From an isolate that does not own the threads of a shared pool:
	 * `ArrayBuffer`s only, which are copied, then detached.
	 */
	transfer?: readonly Transferable[] | undefined;
}
type Functions = Record<string, (...args: any[]) => any>;
type Known<M> = 0 extends 1 & M ? Functions : M;
type FirstArgument<F> = F extends (...args: infer A) => unknown ? (A extends [
] ? undefined : A[0]) : never;
type Settled<F> = F extends (...args: never[]) => infer T ? Awaited<T> : never;
/** The exported functions of a task module, as they are called from outside: any number of arguments, and a promise. */
export type Tasks<M> = {
	readonly [K in keyof Known<M> as Known<M>[K] extends (...args: never[]) => unknown ? K : never]: Known<M>[K] extends (...args: infer A) => infer T ? (...args: A) => Promise<Awaited<T>> : never;
};
type Names<M> = string & keyof {
	[K in keyof Known<M> as Known<M>[K] extends (argument: any) => unknown ? K : never]: unknown;
};
type Default<M> = "default" & Names<M>;
type Argument<M, N> = N extends keyof Known<M> ? FirstArgument<Known<M>[N]> : never;
type Result<M, N> = N extends keyof Known<M> ? Settled<Known<M>[N]> : never;
type Named<O, N> = O & {
	name?: N | undefined;
};
type Call<M, N, O> = string extends Names<M> ? [
	argument?: Argument<M, N>,
	options?: Named<O, N>
] : M extends {
	default: () => unknown;
} ? [
	argument?: Argument<M, "default">,
	options?: Named<O, undefined>
] | [
	argument: Argument<M, N>,
	options: Named<O, N> & {
		name: N;
	}
] : [
	argument: Argument<M, N>,
	options?: Named<O, N>
];
/** `run`, typed through the task module: its default export, or the one that `name` names. */
export type Run<M> = <N extends Names<M> = Default<M>>(...call: Call<M, N, RunOptions>) => Promise<Result<M, N>>;
type WithDefault<M, N> = [
	N
] extends [
	keyof M
] ? Omit<M, "default"> & {
	default: M[N];
} : M;
/** Options for every call of an export: those of `run`, without `transfer`. */
export type WithOptions = Omit<RunOptions, "transfer">;
/** A thread pool with options for every call. */
export interface With<M, D> {
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
export declare class ThreadPool<M = any> extends AnyPool {
	#private;
	/**
	 * The exported functions: `pool.tasks.fib(40)` calls the export `fib` in a thread, with any number of arguments. Arguments and
	 * results are cloned as by `structuredClone`, but that a single view may arrive on a buffer of just its bytes. An export that does
	 * not exist rejects with a TypeError of code `ERR_POOL_OPTION`. Rejects like `run`.
	 */
	readonly tasks: Tasks<M>;
	private constructor();
	/**
	 * A new, open pool. Threads start when tasks need them; with `preAlloc` all of them start now.
	 *
	 * ```js
	 * const pool = ThreadPool.create({ filename: new URL('tasks.js', import.meta.url), size: 4, concurrency: 8 })
	 * ```
	 *
	 * **With `shared`** one set of threads serves every isolate of the process that asks for the `name`; isolates hand tasks in through
	 * the core, not through the isolate that has the threads.
	 *
	 * - *Owner* is the isolate whose `create` made the pool: the threads are its own. If it ends, the pool is closed for good:
	 *   unsettled tasks of the others reject with `PoolClosedError`, `reboot` throws it, and the next `create` makes a new pool. So let
	 *   the main thread create the pool first. Its event loop starts and ends threads, and carries what it moves; all else goes on
	 *   while it is busy.
	 * - *Guests* are the others. What they send and get is serialized, by the rules of `structuredClone`, but a `MessagePort`, a
	 *   `SharedArrayBuffer`, a `Blob` and the like reject with a `DataCloneError`, and so does more than 2 GiB. `ArrayBuffer`s on a transfer list, also on that of
	 *   the task's `transfer`, are copied and then detached.
	 * - All options but `panicHandler`, `logger`, `signal`, `errors` and `createWorker` must agree, as far as they are given; a guest
	 *   still has to name the same `filename`. What cannot be serialized, such as memory in `workerData`, agrees with nothing: leave it
	 *   out in guests.
	 * - If a guest ends, the signals of its running tasks abort; a thread that does not heed that within `grace` is ended and replaced.
	 *
	 * @throws TypeError or RangeError with code `ERR_POOL_OPTION`; a `DataCloneError` for a `workerData` that cannot be cloned
	 */
	static create<M = any>(options: PoolOptions & ThreadOptions): ThreadPool<M>;
	/**
	 * Calls the default export, or `options.name`, with one argument in a thread, as soon as one is free. It never throws; it
	 * rejects with what the function throws or rejects with, with a `PoolError`, with `signal.reason`, with a `DataCloneError`,
	 * or with the TypeError or RangeError of a bad option. Keeps the process alive until it settles.
	 *
	 * ```js
	 * const small = await pool.run(image, { name: 'resize', transfer: [image.buffer], timeout: 5_000 })
	 * ```
	 *
	 * An error arrives with its class (built in or listed in `errors`), message, `code`, own properties, `cause` and the thread's
	 * stack. What of it cannot be cloned is left out.
	 */
	get run(): Run<M>;
	/**
	 * The same pool with options for every call; those of a single `run` go before them.
	 *
	 * ```js
	 * const urgent = pool.with({ priority: 'high', timeout: 1_000 })
	 * await urgent.tasks.parse(text)
	 * ```
	 *
	 * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
	 */
	with<N extends Names<M> | undefined = undefined>(options: Named<WithOptions, N>): With<M, WithDefault<M, N>>;
	/**
	 * As `run`, but blocks this thread until the result is there: no event, timer or promise gets its turn meanwhile, so `signal` can
	 * only be aborted from outside of it. For code that cannot wait, in scripts and tools.
	 *
	 * @throws what `run` would reject with; a TypeError with code `ERR_POOL_OPTION` where the result could never come: in a thread of the
	 * same pool, while the end of another task is being reported, and in another isolate than the owner of a shared pool before a
	 * thread has started (await `ready` first)
	 */
	runSync<N extends Names<M> = Default<M>>(...call: Call<M, N, RunOptions>): Result<M, N>;
	/**
	 * Resolves once a thread has loaded the module; starts one if there is none. Rejects with `WorkerStartError` if none can, and
	 * with `PoolClosedError` if the pool is or gets closed before. For a service that is to be warm before it listens.
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
	map<N extends Names<M> = Default<M>>(items: Iterable<Argument<M, N>> | AsyncIterable<Argument<M, N>>, options?: Named<MapRunOptions, N>): AsyncIterableIterator<Result<M, N>>;
	/**
	 * Ends everything now: running and waiting tasks reject with `PoolClosedError`, threads are ended in the middle of what they do.
	 * Resolves when they are. A shared pool ends for all; it can be rebooted.
	 */
	destroy(): Promise<void>;
	/** @param size as the option `size` */
	tune(size: number): void;
}
type OfOneKind<P> = [
	P
] extends [
	Pool<any>
] ? unknown : [
	P
] extends [
	ThreadPool<any>
] ? unknown : never;
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
	 * ```js
	 * const either = MultiPool.of([local, remote], { strategy: ([a, b]) => (a.waiting > 100 ? 1 : 0) })
	 * ```
	 *
	 * @param options `strategy`, as that of `create`
	 * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
	 */
	static of<P extends Pool<any> | ThreadPool<any>>(pools: readonly P[] & OfOneKind<P>, options?: {
		strategy?: MultiPoolOptions["strategy"] | undefined;
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
	submit<R, T>(this: MultiPool<Pool<R>>, task: (context: TaskContext<R>) => T | PromiseLike<NoInfer<Awaited<T>>>, options?: SubmitOptions): Promise<Awaited<T>>;
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
	/**
	 * As `run` of a thread pool, in the first pool that takes the task. Rejects as `submit` does where no pool takes it; pools of one
	 * MultiPool should have the same task module.
	 */
	get run(): P extends ThreadPool<infer M> ? Run<M> : never;
	/** As `tasks` of a thread pool, in the first pool that takes the task. */
	get tasks(): P extends ThreadPool<infer M> ? Tasks<M> : never;
	/**
	 * The same pools with options for every call of an export, as `with` of a thread pool.
	 *
	 * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
	 */
	with<M, N extends Names<M> | undefined = undefined>(this: MultiPool<ThreadPool<M>>, options: Named<WithOptions, N>): With<M, WithDefault<M, N>>;
	/**
	 * As `map` of a pool, over all pools. The window is the sum of their capacities.
	 *
	 * ```js
	 * for await (const row of db.map(ids, (id, { resource }) => resource.query('select …', id))) print(row)
	 * ```
	 *
	 * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
	 */
	map<R, I, O>(this: MultiPool<Pool<R>>, items: Iterable<I> | AsyncIterable<I>, task: (item: I, context: TaskContext<R>) => O | PromiseLike<NoInfer<Awaited<O>>>, options?: MapOptions): AsyncIterableIterator<Awaited<O>>;
	/**
	 * Resolves when a submit would not have to wait in some pool, as `vacancy` of a pool. Rejects with `PoolClosedError` when all
	 * pools are closed, and with `signal.reason`.
	 */
	vacancy(options?: VacancyOptions): Promise<void>;
	/** The sum of the pools' capacities; `Infinity` if one is unbounded. */
	get capacity(): number;
	/** Live workers of all pools, busy and idle. */
	get running(): number;
	/** Workers with a task, and those that boot, of all pools. */
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
	/** Releases all pools, as `release` of a pool does. */
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

export {};
