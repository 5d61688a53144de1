import { Profiler } from 'node:inspector';
import { Worker, WorkerOptions } from 'node:worker_threads';

/** What a histogram of times comes to. All times are in ms; without any they are 0. */
export interface HistogramSummary {
	/** How many times there are. */
	readonly count: number;
	/** Their average, which is exact. */
	readonly mean: number;
	/** The shortest one. It is exact, unless the histogram is a difference (`minus`): then it is within 2 %. */
	readonly min: number;
	/** The longest one, as exact as the shortest. */
	readonly max: number;
	/** Half of the times are no longer than this. It and the other percentiles are within 1 %, from 1 µs to 1 hour. */
	readonly p50: number;
	/** 90 % of the times are no longer than this. */
	readonly p90: number;
	/** 99 % of the times are no longer than this. */
	readonly p99: number;
	/** 99.9 % of the times are no longer than this. */
	readonly p999: number;
}
/** One consistent snapshot of a pool. Unbounded counts are `Infinity`. */
export interface PoolStats {
	/** The name of the pool, as `pool.name`. */
	name: string;
	/** The largest number of live workers. */
	capacity: number;
	/** Live workers, busy and idle. */
	running: number;
	/**
	 * Workers that have a task, settled or not, that start, or that end: their resource is being disposed of, or their
	 * thread is being ended.
	 */
	busy: number;
	/** running − busy. */
	idle: number;
	/**
	 * How many workers could take a task now, unless the pool is closed: capacity − busy, not below 0; 0 while the pool is
	 * paused. When a thread could not be started although others work, or an `init` has failed, no worker is started for
	 * a while; then it is no more than idle.
	 */
	available: number;
	/**
	 * How many workers could be started: capacity − running, not below 0; during such a pause 0, and after an `init` that
	 * failed 1 until another one succeeds.
	 */
	free: number;
	/** Accepted tasks that have no worker yet. */
	waiting: number;
	/** Whether new tasks are refused. */
	isClosed: boolean;
	/** Whether no task starts before `resume`. */
	isPaused: boolean;
	/** How often the pool has been opened, from 1. */
	generation: number;
	/**
	 * Accepted tasks since the pool was created. It is always the sum of unsettled, completed, failed, timedOut, cancelled,
	 * and of rejected.waitTimeout, released, displaced, shed and cleared.
	 */
	submitted: number;
	/**
	 * Accepted tasks that had to wait for a worker, as none was free, or one had to start first: its thread, or its
	 * resource.
	 */
	waited: number;
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
	/** The largest number of busy workers in this generation. */
	peakBusy: number;
	/** The largest number of waiting tasks in this generation. */
	peakWaiting: number;
	/** Calls that were refused, and accepted tasks that got no worker. */
	rejected: {
		/** Calls that were refused because the pool was full. */
		overload: number;
		/** Calls that were refused because as many tasks had started as `rate` allows. */
		rate: number;
		/** Calls that were refused because as many tasks of their key ran or waited as may. */
		key: number;
		/** Calls that were refused because the pool was paused. */
		paused: number;
		/** Calls that were refused because the pool was closed. */
		closed: number;
		/** Accepted tasks that got no worker within their `waitTimeout`. */
		waitTimeout: number;
		/** Accepted tasks that were waiting when the pool was released. */
		released: number;
		/** Accepted tasks that gave way to others, as the queue was full. */
		displaced: number;
		/** Accepted tasks that had waited for too long in a queue that did not empty. */
		shed: number;
		/** Accepted tasks that were waiting when the queue was cleared. */
		cleared: number;
	};
	/** What has become of workers. */
	workers: {
		/** Workers that were started, including the `reused` ones. */
		started: number;
		/** Workers that were started in the record of a retired one. */
		reused: number;
		/** Workers that retired. */
		retired: number;
		/** Threads that died or were ended. */
		crashed: number;
		/** reused / started: from 0 to 1; 0 if none was started. */
		reuseRate: number;
	};
	/**
	 * How long tasks have waited, from their acceptance until their function was called, in ms. Only if the pool has
	 * the option `measure`, or has had it; of tasks that were accepted since then, and whose function has ended.
	 */
	wait?: HistogramSummary;
	/** How long the functions of these tasks have run, also after the task had settled, in ms. */
	run?: HistogramSummary;
}
/** What `JSON.stringify` of a pool shows. */
export interface PoolSummary {
	readonly kind: "closures" | "threads" | "native" | "multi";
	readonly name: string;
	readonly state: "open" | "paused" | "closed";
	readonly capacity: number;
	readonly busy: number;
	readonly idle: number;
	readonly waiting: number;
	/** Tasks that were accepted and have not settled. */
	readonly unsettled: number;
	readonly completed: number;
	readonly failed: number;
}
/** A task that waits or runs, as `inspect()` shows it. */
export interface InspectedTask {
	/** Of a `MultiPool`: which of its pools has the task, for those that wait. */
	readonly pool?: string;
	/** The number of the task in its pool, from 1: `id` of `TaskInfo`. */
	readonly id: number;
	/**
	 * The name of the closure, if it has one; of a thread pool, that of the export. Of a task that another isolate has
	 * submitted only the name of an export is known. A lease is called `lease`.
	 */
	readonly name?: string;
	/** As a number; `Infinity` is `background`. */
	readonly priority: number;
	/** The `key`, if it has one and this isolate has submitted the task. */
	readonly key?: string;
	/**
	 * For how long the task waits, or has waited, in ms, if the pool notes that: for tasks with a `timeout`, of groups and
	 * futures, and for all tasks of pools with `panicHandler` or `measure`, or with keys, weights or another rule of
	 * scheduling.
	 */
	readonly waitMs?: number;
	/** For how long its function has been running, in ms, if the pool notes that: in threads always, else as `waitMs`. */
	readonly runMs?: number;
	/** Where the task was submitted, as the lines of a stack, if the pool has `trackSubmit` and this isolate submitted it. */
	readonly submitStack?: string;
}
/** A worker, as `inspect()` shows it. */
export interface InspectedWorker {
	/** Of a `MultiPool`: which of its pools has the worker. */
	readonly pool?: string;
	/** The number of the worker in its pool. Numbers are used again. */
	readonly id: number;
	/** `booting`: the thread or the resource is being made. `stopping`: it is being taken down. */
	readonly state: "booting" | "busy" | "idle" | "stopping";
	/** Since when it has been in that state, in ms as `Date.now()` counts, as far as that is known. */
	readonly since?: number;
	/** Its tasks, also those that have been aborted or timed out and have not ended. */
	readonly tasks: readonly InspectedTask[];
	/** Of a thread: Node's number of it. */
	readonly threadId?: number;
	/** Of a thread, in the isolate that has it: how much of its heap is used, in MiB; as of the look before, which asks for it. */
	readonly heapMb?: number;
	/** Likewise: the share of time in which its event loop was busy, from 0 to 1, since the look before. */
	readonly utilization?: number;
	/**
	 * Likewise: for how long, at least, its event loop has not had a turn, in ms. Each look asks the loop to answer; 0 if
	 * it has answered. A loop that has nothing to do answers at once. Absent at the first look.
	 */
	readonly lastTurnMs?: number;
}
/** What a pool has at this moment. */
export interface PoolInspection {
	readonly name: string;
	readonly kind: "closures" | "threads" | "native" | "multi";
	readonly stats: PoolStats;
	/** The live workers. */
	readonly workers: readonly InspectedWorker[];
	/**
	 * The first 100 of the tasks that wait, in the order in which they will start if nothing else comes, and tasks end in
	 * the order in which they have started. A pause, and a `rate`, are left aside. Of a `MultiPool`: those of one pool after
	 * the other.
	 */
	readonly waiting: readonly InspectedTask[];
}
/**
 * Where a pool reports what no promise can carry. Each method is called with an object and a message, as pino's are.
 *
 * - `error`: a task of `execute` has failed, or `panicHandler` has thrown.
 * - `warn`: `dispose` has failed, or a closure submits to its own full pool; once a second, how many tasks of `execute`
 *   were displaced, shed or cleared, unless there is a `panicHandler`.
 * - `debug`: a closure has ended after its promise had settled.
 */
export interface Logger {
	debug(details: object, message: string): void;
	info(details: object, message: string): void;
	warn(details: object, message: string): void;
	error(details: object, message: string): void;
}
/** Options of `report`. */
export interface ReportOptions {
	/** The time between two lines, in ms: an integer from 1 to 2³¹ − 1. Default 10,000. */
	every?: number | undefined;
	/**
	 * Whose `info` is called with an object that has the numbers, and the line. Default: the lines go to `console.log`, without
	 * the object.
	 */
	logger?: Logger | undefined;
}
/** What `report` gives. */
export interface Report {
	/** Ends it. A second call does nothing. */
	stop(): void;
	/** Is `stop()`, for `using`. */
	[Symbol.dispose](): void;
}
/** What a pool notes of its tasks. */
export interface MeasureOptions {
	/**
	 * Measures how long tasks wait and run: `stats()` has `wait` and `run` then, and `histogram` gives all of it. It takes
	 * 17 KB a pool and some 50 ns a task. `configure` turns it on and off while the pool runs; what has been measured stays, and
	 * nothing ever resets it. Default false. Of a shared pool it holds for all isolates.
	 *
	 * ```js
	 * const pool = Pool.create({ size: 50, measure: true })
	 * await pool.submit(() => fetch(url))
	 * const { wait, run } = pool.stats()
	 * console.log(`99 % wait less than ${wait?.p99} ms and run less than ${run?.p99} ms`)
	 * ```
	 */
	measure?: boolean | undefined;
}
/**
 * What a worker holds from task to task: made when the worker starts, kept while it is idle, and disposed of when it
 * retires. All times are in ms.
 *
 * ```js
 * const pool = Pool.create({
 *   size: 20,
 *   init: () => connect(),
 *   dispose: (connection) => connection.end(),
 *   validate: async (connection) => (await connection.query('select 1')).length === 1,
 *   validateAfter: 5_000,
 *   maxAge: 600_000,
 *   minSize: 2,
 * })
 * await pool.ready()
 * ```
 *
 * `init`, `dispose` and `validate` run in the `AsyncLocalStorage` context of `create`, not in that of the task, because
 * the resource lives longer.
 */
export interface Resource<R> {
	/**
	 * Makes the resource. The task waits meanwhile, and that time counts as waiting.
	 *
	 * If `init` fails, the first waiting task rejects with its error, and no other worker starts for a while: a random
	 * part of 100 ms, each time in a row of twice as much, up to 5 s. After that one worker at a time tries, until one
	 * succeeds. Meanwhile tasks wait as for any worker, and workers that are there go on. If the pool is closing, a
	 * failure rejects all tasks that wait.
	 */
	init?: (() => R | PromiseLike<R>) | undefined;
	/**
	 * The longest time that `init` may take, in ms from when its worker starts. After that the first waiting task rejects
	 * with `WaitTimeoutError`, a warning says which worker it was, and that counts as a failure of `init`. The slot stays
	 * taken until `init` has settled; then the resource is disposed of. Above 0, up to 2³¹ − 1; default: no limit. Needs
	 * `init`.
	 */
	initTimeout?: number | undefined;
	/**
	 * Is asked before an idle resource is used again: can it still be used? True keeps it. If `validate` gives false,
	 * throws or rejects, the resource is disposed of, and the task gets another one. The worker counts as starting
	 * meanwhile, so the task waits. A worker that goes from one task to the next is not asked. There is no limit of time.
	 * Needs `init`.
	 *
	 * ```js
	 * const pool = Pool.create({
	 *   init: () => connect(),
	 *   validate: async (connection) => (await connection.query('select 1')).length === 1,
	 * })
	 * ```
	 */
	validate?: ((resource: R) => boolean | PromiseLike<boolean>) | undefined;
	/**
	 * `validate` is asked only if the resource was idle for so long, in ms. From 0 to 2³¹ − 1; default 0: it is always
	 * asked. Needs `validate`.
	 */
	validateAfter?: number | undefined;
	/**
	 * How many tasks and leases use a resource. After the last of them it is disposed of. An integer from 1 to 2³¹ − 1;
	 * default: no limit. Needs `init`.
	 */
	maxUses?: number | undefined;
	/**
	 * How long a resource is used, in ms from when `init` has given it. After that it is disposed of, at once if it is
	 * idle, otherwise at the end of its task. Above 0, up to 2³¹ − 1; default: no limit. Needs `init`.
	 */
	maxAge?: number | undefined;
	/**
	 * So many workers are kept, also while they are idle. They start with the first one that is needed, or when `ready`
	 * is called. If one goes, because it is too old, was used often enough, is broken or no longer valid, another one
	 * starts in the background, also after a failure of `init`. An integer from 0 to `size`, default 0. A capacity below
	 * it, set by `tune`, wins. Needs `init`.
	 */
	minSize?: number | undefined;
	/**
	 * Disposes of the resource. The worker counts as running and busy until `dispose` has settled. A failure is logged as
	 * a warning.
	 */
	dispose?: ((resource: R) => unknown) | undefined;
	/**
	 * The longest time that `dispose` may take, in ms from when the worker retires. After that its slot is free, a
	 * warning says which worker it was, and `close` and the like wait for it no longer. If `dispose` settles later, that
	 * is logged at debug. Above 0, up to 2³¹ − 1; default 30,000. Needs `dispose`.
	 *
	 * ```js
	 * const pool = Pool.create({ init: () => connect(), dispose: (connection) => connection.end(), disposeTimeout: 5_000 })
	 * ```
	 */
	disposeTimeout?: number | undefined;
	/**
	 * Is asked after a task has thrown or rejected, and when a lease is released with an error: is the resource broken,
	 * so that no other task may use it? If `isBroken` throws, the answer is yes. Default: no.
	 */
	isBroken?: ((error: unknown, resource: R) => boolean) | undefined;
}
/** How a pool is watched, and what it notes for whoever looks. Each handle of a shared pool has these of its own. */
export interface ObservingOptions {
	/**
	 * A task that runs longer than so many ms is told of once, while it runs: by `logger.warn`, and on the channel
	 * `workpool:task:slow` of `node:diagnostics_channel`. In a thread the JavaScript stack of the thread belongs to it, at
	 * most one a second. It is noticed within 1 to 1.5 times that time. Above 0, up to 2³¹ − 1; `false`, the default, for
	 * never. `configure` changes it.
	 *
	 * There is a timer only while tasks run or wait, and it keeps no process alive. Leases are not told of. A task that
	 * blocks this event loop is told of once it lets go.
	 *
	 * ```js
	 * const pool = Pool.create({ slowTask: 5_000 })
	 * ```
	 */
	slowTask?: number | false | undefined;
	/**
	 * Notes for each task where it was submitted: `submitStack` of `inspect()`, of slow tasks, of `TaskTimeoutError`, and of
	 * the warning about a lease that nobody has released.
	 * It takes some microseconds a task, and memory while the task is there. Default false.
	 */
	trackSubmit?: boolean | undefined;
}
/**
 * Decides how often a task is tried, and when: a retry, a circuit breaker, a timeout, or several of them, one in the
 * other. Any object that has this method is a policy; those of [cockatiel](https://github.com/connor4312/cockatiel) are.
 *
 * ```ts
 * import { type Policy, isRetryable } from 'workpool'
 *
 * const twice: Policy = {
 *   async execute(attempt, signal = new AbortController().signal) {
 *     try {
 *       return await attempt({ signal })
 *     } catch (error) {
 *       if (!isRetryable(error)) throw error
 *       return attempt({ signal })
 *     }
 *   },
 * }
 * ```
 */
export interface Policy {
	/**
	 * Calls `attempt` as often as it wants, and gives the result of one of the attempts, or rejects.
	 *
	 * @param attempt submits the task, and gives its result. The attempt is aborted when `context.signal` or the signal of the caller aborts
	 * @param signal the signal of the caller, if there is one
	 */
	execute<T>(attempt: (context: {
		readonly signal: AbortSignal;
	}) => PromiseLike<T> | T, signal?: AbortSignal): Promise<T>;
}
/** Gives an answer in place of the task's: see `PolicyOptions.fallback`. */
export type Fallback<F = unknown> = (error: unknown, argument: any) => F;
/** How the tasks of a view, or of a pool, are tried again, and what is answered if the pool does not take them. */
export interface PolicyOptions<F = unknown> {
	/**
	 * Tries each task: any object with the method `execute` of `Policy`, such as a policy of cockatiel. Every attempt is a
	 * submission of its own, with the options of the task, and counts as one in `stats()`.
	 *
	 * - The signal of the caller aborts the policy and the attempt that is under way, and ends the wait for the next one.
	 *   `context.signal`, which the policy gives an attempt, aborts only that attempt.
	 * - `close` does not wait for attempts to come. The next one is refused with `PoolClosedError`.
	 * - With a policy there is `submit`, `run`, `tasks` and `map`, and `wrap`. The other ways to hand in tasks throw or
	 *   reject, as a policy answers for one task and is not synchronous. `transfer` is not possible, as what was moved
	 *   cannot be sent again.
	 *
	 * ```js
	 * import { ConsecutiveBreaker, ExponentialBackoff, circuitBreaker, handleWhen, retry, wrap } from 'cockatiel'
	 *
	 * const again = retry(handleWhen(isRetryable), { maxAttempts: 3, backoff: new ExponentialBackoff() })
	 * const breaker = circuitBreaker(handleWhen(isRetryable), { halfOpenAfter: 10_000, breaker: new ConsecutiveBreaker(5) })
	 * const careful = pool.with({ policy: wrap(again, breaker) })
	 * await careful.submit(({ signal }) => fetch(url, { signal }))
	 * ```
	 */
	policy?: Policy | undefined;
	/**
	 * Gives the answer if the pool has refused the task in the end, or if the policy has let no attempt be made (an open
	 * circuit breaker). The pool has refused a task whose own submission rejects with a `PoolOverloadError`,
	 * `WaitTimeoutError`, `PoolClosedError` or `PoolClearedError`: its function was never called. It is not asked for a
	 * task that ran and failed, nor if the caller has aborted the task.
	 *
	 * It is called with the last error and the argument of the task (`undefined` for closures; for `tasks` with any number
	 * of arguments but one, the list of them), here and not in the pool. What it throws or rejects with, the task rejects
	 * with.
	 *
	 * ```js
	 * const page = await pool.with({ fallback: () => 'busy, please come again' }).submit(() => render('/'))
	 * ```
	 */
	fallback?: Fallback<F> | undefined;
}
/**
 * Where calls go that have failed for good. It is a queue of `workpool/jobs`, whatever its task module: these are two of its
 * methods.
 */
export interface DeadLetters {
	failed(options?: {
		limit?: number | undefined;
	}): Promise<{
		id: string;
		task: string;
		argument: unknown;
	}[]>;
	replay(id?: string): Promise<number>;
}
/** For calls of a thread pool. */
export interface DeadLetterOptions {
	/**
	 * A queue of `workpool/jobs` in which calls are stored that fail for good, after what `policy` does: as failed jobs with the
	 * name of the export, the argument and the error. `failed()` of the queue lists them, and `replay()` makes jobs of
	 * them. What `fallback` answers and what the caller aborts has not failed.
	 *
	 * The caller gets the error at once, and does not wait for the store. Arguments have to be JSON. If one is not, or if the
	 * store cannot be reached, the logger of the queue is told. At most 1,000 calls wait to be stored; of more than that
	 * the logger is told how many were dropped. `close` of the queue waits for them.
	 *
	 * With it there are `run`, `tasks` and `map`, as with a policy.
	 *
	 * ```js
	 * const jobs = await Jobs.open('file:./jobs')
	 * const kept = threads.with({ deadLetter: jobs })
	 * await kept.run('a.png', { name: 'resize' })
	 * ```
	 */
	deadLetter?: DeadLetters | undefined;
}
type CarefulCalls<F> = (Careful<F> & DeadLetterOptions) | (PolicyOptions<F> & {
	deadLetter: DeadLetters;
});
type Careful<F> = {
	policy: Policy;
	fallback?: Fallback<F> | undefined;
} | {
	policy?: Policy | undefined;
	fallback: Fallback<F>;
};
/**
 * Options of every pool that say who may start and who may wait, beyond capacity and priority. All but `ageing` can be
 * changed while the pool runs, by `configure`. What is not used costs nothing.
 */
export interface SchedulingOptions {
	/**
	 * What the pool does with one more task when as many wait as `maxBlockingTasks` allows. `reject`, the default,
	 * refuses the new task. `discard-oldest` has the task that has waited longest in the lowest priority give way, for
	 * work whose newest state is all that matters: it rejects with `PoolOverloadError`, reason `displaced`. Needs
	 * `maxBlockingTasks` of at least 1.
	 *
	 * - A new task with a `key` displaces the oldest task of its own key, in the lowest priority in which that key waits.
	 *   Only if none of its key waits, it displaces that of the pool.
	 * - If the task that would give way is more important than the new one, the new one is refused.
	 * - `nonblocking`, and `maxBlockingPerKey` of the new task's key, still refuse.
	 *
	 * ```js
	 * const pool = Pool.create({ size: 4, maxBlockingTasks: 100, overload: 'discard-oldest' })
	 * ```
	 */
	overload?: "reject" | "discard-oldest" | undefined;
	/**
	 * Controlled delay: keeps the queue short when more comes than the pool can do, so that the tasks which it does run
	 * are still worth it. While a priority has had a task that could start at every moment of the last `interval` ms, its
	 * newest task starts first, and every task that has waited longer than `target` ms rejects with `PoolOverloadError`,
	 * reason `shed`, at the latest when a worker would take the next task. Otherwise the oldest task starts first, and
	 * tasks may wait for as long as they like. So a burst is absorbed, and a queue that stands is not.
	 *
	 * Both times are in ms, above 0 and up to 2³¹ − 1; for requests that somebody waits for, `{ target: 20, interval: 200 }`
	 * is a good start. A task has waited since it was accepted, or since `shed` was turned on if that is later. A pause
	 * begins the interval anew. Tasks of the priority `background` are never shed, and nothing is while the pool closes.
	 * What `map` has submitted is submitted again. Default: `false`, which is off.
	 *
	 * The algorithm is CoDel (Nichols and Jacobson, "Controlling Queue Delay", ACM Queue 10(5), 2012) with adaptive LIFO
	 * (Maurer, "Fail at Scale", ACM Queue 13(8), 2015).
	 *
	 * ```js
	 * const pool = Pool.create({ size: 50, shed: { target: 20, interval: 200 } })
	 * ```
	 */
	shed?: {
		target: number;
		interval: number;
	} | false | undefined;
	/**
	 * The largest number of tasks that start in any `interval` ms: in every window of that length, wherever it begins, no
	 * more than `limit`. A start counts from when the pool gives the task to a worker; its function is not called before.
	 * Tasks wait for the rate as they wait for a worker, with the same order, bounds and `waitTimeout`. A start is never
	 * given back, whatever becomes of the task; `reboot` and `configure` keep what was counted.
	 *
	 * `limit`: an integer from 1 to 65,536. `interval`: ms, above 0 and up to 2³¹ − 1. Default: `false`, no limit. The
	 * rate is that of this pool in this process: of a shared pool for all isolates together, of a `MultiPool` for each of
	 * its pools.
	 *
	 * ```js
	 * const api = Pool.create({ size: 10, rate: { limit: 100, interval: 60_000 } })
	 * ```
	 */
	rate?: {
		limit: number;
		interval: number;
	} | false | undefined;
	/**
	 * The largest number of tasks of one `key` that run at once. A task of a key that has so many waits, and holds nobody
	 * up. A task counts from when a worker has it until its function has ended, also if it has timed out or was aborted
	 * meanwhile. An integer from 1 to 2³¹ − 1, or `Infinity`, the default. Tasks without a key have no such limit. Not
	 * with `ageing`. Of a `MultiPool`: in each of its pools.
	 *
	 * ```js
	 * const pool = Pool.create({ size: 100, perKey: 4 })
	 * await pool.submit(() => fetch(url), { key: new URL(url).host })
	 * ```
	 */
	perKey?: number | undefined;
	/**
	 * The largest number of waiting tasks of one `key`. Further ones are refused with `PoolOverloadError`, reason `key`.
	 * An integer from 0 to 2³¹ − 1; 0, the default, means that there is no limit. Not with `ageing`. Of a `MultiPool`: in
	 * each of its pools.
	 *
	 * ```js
	 * const pool = Pool.create({ size: 100, perKey: 4, maxBlockingPerKey: 50 })
	 * ```
	 */
	maxBlockingPerKey?: number | undefined;
	/**
	 * After so many ms a waiting task counts as one priority level higher, counted from the call, so that tasks of a low
	 * priority start in the end, however many of a high one come. Waiting tasks start in the order of `priority × ageing
	 * + time of the call`. Above 0, up to 2³¹ − 1. Default: priorities are strict. Tasks of the priority `background` do
	 * not age. In a pool with `ageing` tasks have no `key`. It is fixed when the pool is made.
	 *
	 * ```js
	 * const pool = Pool.create({ size: 4, ageing: 500 })
	 * ```
	 */
	ageing?: number | undefined;
}
/** What `panicHandler` is told about a task that failed. */
export interface TaskInfo {
	/** The pool's name. */
	pool: string;
	/** The number of the task in its pool: the first task has 1, the next one 2, and so on. */
	id: number;
	/** The name of the closure, if it has one. In a thread: the name of the export. */
	name?: string;
	/** The priority as a number: 0 for `high`, 1 for `normal`, 2 for `low`, `Infinity` for `background`. */
	priority: number;
	/**
	 * How long the task waited, in ms: from `submit` or `run` until its function was called, or until it ended if it
	 * never started.
	 */
	waitMs: number;
	/** How long the task ran, in ms: from the call of its function until its end; 0 if it never started. */
	runMs: number;
}
/**
 * Options of every pool. The pool reads them once, from own properties. `undefined` is the same as leaving an option
 * out; `null` and unknown options are errors. All times are in ms.
 */
export interface PoolOptions extends SchedulingOptions, MeasureOptions, ObservingOptions {
	/**
	 * The name of the pool in errors, logs, `TaskInfo` and names of threads. Isolates find a `shared` pool by its name. A
	 * string that is not empty; default `pool-1`, `pool-2`, …
	 */
	name?: string | undefined;
	/**
	 * The capacity: the largest number of live workers, and so of closures that run at once. An integer from 1 to
	 * 2³¹ − 1; `Infinity` and −1 mean that there is no limit. Default 256. `tune` changes it.
	 *
	 * Of a `ThreadPool`: the largest number of live threads. It always has a limit. Default: the number of processors
	 * that this process may use, with the limits of a container taken into account.
	 */
	size?: number | undefined;
	/**
	 * How long an idle worker is kept, in ms from when it became idle. The pool retires it no sooner than that, and no
	 * later than after twice that time. Above 0, up to 2³¹ − 1; `Infinity` is the same as `disablePurge`. Default 1,000,
	 * of a `ThreadPool` 60,000.
	 */
	expiry?: number | undefined;
	/** Idle workers stay until the pool is closed or shrinks, whatever `expiry` says. Default false. */
	disablePurge?: boolean | undefined;
	/**
	 * Reserves memory for `size` workers now. `size` must have a limit then, of 2²⁴ at most. A `ThreadPool` starts all
	 * its threads now. Default false.
	 */
	preAlloc?: boolean | undefined;
	/**
	 * A full pool refuses tasks with `PoolOverloadError` instead of letting them wait, whatever `maxBlockingTasks` says.
	 * A worker that is starting counts as room. Default false.
	 */
	nonblocking?: boolean | undefined;
	/**
	 * The largest number of waiting tasks. Further ones are refused with `PoolOverloadError`. A task for which a worker
	 * is starting does not count. An integer from 0 to 2³¹ − 1; 0, the default, means that there is no limit.
	 */
	maxBlockingTasks?: number | undefined;
	/**
	 * Is called with the error of every task whose function threw or rejected, or whose thread died, before the promise
	 * of the task settles. A failure that it has seen never becomes an `unhandledRejection`. It is not called for
	 * overloads, timeouts and aborts, unless the task has no promise: of `execute` and `tryExecute` it sees every end
	 * without success. If it throws or rejects, that is logged.
	 *
	 * ```js
	 * const pool = Pool.create({ panicHandler: (error, { name, runMs }) => metrics.failed(name, runMs) })
	 * ```
	 */
	panicHandler?: ((error: unknown, task: TaskInfo) => unknown) | undefined;
	/** Where the pool reports what no promise can carry. pino fits. Default: warnings and errors go to the console. */
	logger?: Logger | undefined;
	/**
	 * When this signal aborts, the pool is released, and the signals of its running tasks abort. The promises of these
	 * tasks settle when the tasks end. If the signal has aborted before, the pool is closed from the start. A pool whose
	 * signal has aborted cannot be rebooted. In a shared pool only the signals of this isolate's tasks abort.
	 */
	signal?: AbortSignal | undefined;
	/**
	 * Makes one pool for all isolates (the main thread and `worker_threads`) of this process that ask for its `name`: one
	 * capacity, one wait queue, one set of counters. Every `create` gives a handle of that pool; what is called on one
	 * handle holds for all. Default false.
	 *
	 * - The options that you give must equal those with which the pool was made, whatever `tune` has changed since.
	 *   Options that you leave out agree with everything. `panicHandler`, `logger`, `signal`, `slowTask`, `trackSubmit`,
	 *   `errors` and `createWorker` belong to each handle.
	 * - A closure runs in the isolate that submitted it. `init` is not allowed, as a resource belongs to one isolate.
	 * - The threads of a `ThreadPool` belong to the isolate that created it first, see `ThreadPool.create`.
	 * - At the end of an `await using` block only this handle leaves: it refuses new tasks and waits for its own. The
	 *   last handle that leaves closes the pool.
	 * - When an isolate ends, its waiting tasks leave the queue, its running tasks count as cancelled, and their workers
	 *   take other tasks.
	 */
	shared?: boolean | undefined;
	/**
	 * The options of every task that is handed in through this object, as `with` has them for a view: what a call leaves
	 * out is taken from here. Both signals abort. With `policy` or `fallback` the pool has `submit`, `run`, `tasks`, `map`
	 * and `wrap`, and no other way to hand in tasks. Of a shared pool each handle has defaults of its own. Those of a
	 * `MultiPool` are its own, too: what is handed in through it has not got the defaults of one of its pools.
	 *
	 * ```js
	 * const pool = Pool.create({ size: 10, defaults: { timeout: 5_000, waitTimeout: 500 } })
	 * ```
	 */
	defaults?: (SubmitOptions & PolicyOptions) | undefined;
}
/** Options of one task. */
export interface SubmitOptions {
	/**
	 * Aborts the task: its promise rejects with `signal.reason` at once. A task that was waiting never runs. A task that
	 * was running sees its own signal abort; a closure keeps its worker until it ends, and a thread is ended if the task
	 * does not heed its signal within `grace`. Any number of tasks may share a signal.
	 */
	signal?: AbortSignal | undefined;
	/**
	 * The longest time without a worker, in ms from the call; after that the task rejects with `WaitTimeoutError`. The
	 * time that a worker takes to start counts. From 0 to 2³¹ − 1; with 0 the task is refused if it would have to wait.
	 * Default: no limit.
	 */
	waitTimeout?: number | undefined;
	/**
	 * The longest time of running, in ms from the call of the function (in a thread: from when the thread takes the
	 * task). After that the task rejects with `TaskTimeoutError`, and its own signal aborts with that error. Above 0, up
	 * to 2³¹ − 1. Default: no limit.
	 */
	timeout?: number | undefined;
	/**
	 * The order of waiting tasks: a lower number starts first; tasks with the same number start in the order in which
	 * they came. A safe integer from 0, or `high` = 0, `normal` = 1, `low` = 2. Default 1. Unless the pool has the option
	 * `ageing`, priorities do not age: while there are always tasks of a high priority, those of a low one do not start.
	 *
	 * `background` is for what can wait, such as archiving or warming a cache. Such a task starts only if no other task
	 * could start and fewer than half of the workers are busy, at least one being allowed. Background tasks start in the
	 * order in which they came. They wait within `maxBlockingTasks` of their own count, so they never fill the queue for
	 * others. While the pool closes, they run like any others.
	 */
	priority?: number | "high" | "normal" | "low" | "background" | undefined;
	/**
	 * How many slots of the capacity the task takes while it runs: 1 for a thumbnail, 8 for a video. The task starts when
	 * its whole weight fits. Lighter tasks behind it do not pass it, so it is not starved; one of a higher priority that
	 * fits does. `running` and `busy` count slots, `rate` and `perKey` count tasks. An integer from 1 to 2³¹ − 1, default
	 * 1; a weight above the capacity is the capacity of the moment when the task starts. Not in pools with `init`, nor in
	 * threads.
	 *
	 * ```js
	 * await pool.submit(() => transcode(video), { weight: 8 })
	 * ```
	 */
	weight?: number | undefined;
	/**
	 * What the task belongs to: a tenant, a host, a user. Of all tasks of one priority that may start, one of the key with
	 * the fewest running tasks starts first, and then the one that came first: so nobody who submits very many tasks
	 * starves the others. `perKey` limits how many tasks of a key run at once. Tasks without a key have one place
	 * together, without a limit. In threads, the thread that last ran a task of this key runs the next one if it is free,
	 * so that what it has cached is used; otherwise any other thread does.
	 *
	 * A string that is not empty. The pool does not keep it: what it knows of a key is gone with the last task of that
	 * key. In a shared pool the same key means the same in all isolates. Not in a pool with `ageing`.
	 *
	 * ```js
	 * await pool.submit(() => report(tenant), { key: tenant.id })
	 * ```
	 */
	key?: string | undefined;
}
/**
 * Options of `map`. The options of a task hold for the task of each item, but `signal` aborts the whole map. `priority`,
 * `key`, `weight` and `waitTimeout` also hold while the map waits for a worker before it takes an item.
 */
export interface MapOptions extends SubmitOptions {
	/** Whether results come in the order of their items. If false, they come as they finish. Default true. */
	ordered?: boolean | undefined;
}
/** Options of `close`. */
export interface CloseOptions {
	/**
	 * The longest time that `close` may take, in ms from the call. After that, tasks that still wait reject with
	 * `PoolClosedError`, and `close` rejects with `ReleaseTimeoutError`. From 0 to 2³¹ − 1. Default: no limit.
	 */
	timeout?: number | undefined;
	/**
	 * When it aborts, tasks that still wait reject, as after `release`, and `close` resolves when the busy workers have
	 * ended.
	 */
	signal?: AbortSignal | undefined;
	/**
	 * Whether tasks that still run when the `timeout` is up are aborted: they reject with `PoolClosedError`, and their
	 * signals abort with it. A closure keeps its worker until it ends; a thread is ended if its task goes on for longer
	 * than `grace`. A lease is left to its holder. If the pool has been rebooted meanwhile, nothing is aborted. In a
	 * shared pool the tasks of this isolate are. Needs `timeout`. Default false: tasks that run are left to finish.
	 */
	abort?: boolean | undefined;
}
/** Options of `lease`. Each means what it means for a task, until the lease is granted. */
export type LeaseOptions = Pick<SubmitOptions, "signal" | "waitTimeout" | "priority" | "key">;
/** Options of `get` of a future. */
export interface GetOptions {
	/**
	 * How long to wait for the result, in ms from the call of `get`. After that it rejects with `ResultTimeoutError`, and
	 * the task goes on. From 0 to 2³¹ − 1. Default: as long as it takes.
	 */
	timeout?: number | undefined;
	/** When it aborts, `get` rejects with its reason, and the task goes on. */
	signal?: AbortSignal | undefined;
}
/** Options of `vacancy`. */
export interface VacancyOptions {
	/** When it aborts, `vacancy` rejects with its reason. */
	signal?: AbortSignal | undefined;
}
/**
 * Carries something from the call of a task to its thread, such as the context of `AsyncLocalStorage`, for logs and
 * traces.
 *
 * ```js
 * import { AsyncLocalStorage } from 'node:async_hooks'
 *
 * const requests = new AsyncLocalStorage()
 * const carrier = { capture: () => requests.getStore(), module: new URL('carrier.js', import.meta.url) }
 * ThreadPool.create({ filename, carry: [carrier] })
 * ```
 *
 * For an `AsyncLocalStorage` as it is, `carryStorage` makes one.
 */
export interface Carrier {
	/**
	 * Is called at every submit, in the context of the caller. What it gives crosses with the task, as an argument does.
	 * `undefined` sends nothing, and costs the task nothing. If it throws, the task rejects with that.
	 */
	capture: () => unknown;
	/**
	 * A module that every thread loads before the task module, named as `filename` is. It exports
	 * `enter(carried, call)`, which is called in the thread for each task that brings something, with what `capture` has
	 * given. It has to call `call` once, which calls the function, or the next carrier. If it throws or rejects, the task
	 * fails; if it gives a promise, the task ends after that. The result of the task is that of its function.
	 *
	 * ```js
	 * export const enter = (store, call) => requests.run(store, call)
	 * ```
	 */
	module: string | URL;
}
/**
 * What can be moved: an `ArrayBuffer`, a `MessagePort`, a stream and so on. `bytes.buffer` fits as it is; a buffer of
 * shared memory is refused when it is moved. The type comes from `WorkerOptions`, where every version of `@types/node`
 * has it.
 */
export type Transferable = NonNullable<WorkerOptions["transferList"]>[number] | ArrayBufferLike;
/** Options that only a thread pool has. Times are in ms. */
export interface ThreadOptions {
	/**
	 * The task module: an absolute path or a `file:` URL; needed. Its exported functions are the tasks. The module is an
	 * ES module or CommonJS; of CommonJS the own properties of `module.exports` are the tasks, and `module.exports`
	 * itself, if it is a function, is the default export.
	 *
	 * TypeScript works where the runtime strips types. Elsewhere name a loader in `execArgv` (`--import`), or a hook of
	 * `require` (`--require ts-node/register`): what `import` refuses is loaded by `require`.
	 *
	 * Each thread loads the module once, before its first task. If the file is missing, the first thread finds out, and
	 * tasks reject with `WorkerStartError`.
	 *
	 * ```js
	 * ThreadPool.create({ filename: new URL('tasks.js', import.meta.url) })
	 * ```
	 */
	filename: string | URL;
	/**
	 * The largest number of tasks that one thread has at once. Asynchronous tasks overlap, synchronous ones cannot. As
	 * long as threads are free or can be started, each task gets one of its own. An integer from 1 to 2³¹ − 1, default 1.
	 */
	concurrency?: number | undefined;
	/**
	 * So many threads stay, however long they are idle, and are replaced when they die. They start when they are first
	 * needed. An integer from 0 to `size`, default 0. A capacity below it, set by `tune`, wins.
	 */
	minSize?: number | undefined;
	/**
	 * How long a task may run on after it was aborted or timed out, in ms from the abort. After that its thread is ended
	 * and replaced. Other tasks of that thread (`concurrency`) get the same time again; after that they reject with
	 * `WorkerCrashedError`. Raise `grace` for tasks that clean up; the promise of the task does not wait for it. From 0
	 * to 2³¹ − 1, default 100.
	 */
	grace?: number | undefined;
	/**
	 * Replaces a thread between two tasks: after so many `tasks` (an integer from 1), or when it uses more than `heapMb`
	 * MiB of heap (a number above 0; the pool looks after each task). Default: never.
	 */
	recycle?: {
		tasks?: number | undefined;
		heapMb?: number | undefined;
	} | undefined;
	/**
	 * As in `new Worker`: the environment variables of the threads, or `SHARE_ENV`. Default: a copy of those of this
	 * isolate.
	 */
	env?: WorkerOptions["env"];
	/** As in `new Worker`: is appended to `process.argv` of the threads. */
	argv?: WorkerOptions["argv"];
	/** As in `new Worker`: the options of Node for the threads. Default: those of this isolate. */
	execArgv?: WorkerOptions["execArgv"];
	/** As in `new Worker`. A thread that reaches a limit ends, and its tasks reject with `WorkerCrashedError`. */
	resourceLimits?: WorkerOptions["resourceLimits"];
	/**
	 * What the threads get as `workerData`, from `workpool/worker` and from `node:worker_threads`. Each thread gets a
	 * clone.
	 */
	workerData?: unknown;
	/**
	 * As in `new Worker`. It is of use with `createWorker`, which has the `Worker` whose `stdout` it is. Once a thread
	 * has printed something, Node keeps the process alive until that thread ends.
	 */
	stdout?: boolean | undefined;
	/** As in `new Worker`. It is of use with `createWorker`, which has the `Worker` whose `stderr` it is. */
	stderr?: boolean | undefined;
	/**
	 * As in `new Worker`: when a thread ends, Node closes the files that it has opened with `fs.open` and not closed.
	 * Default: true, as in Node.
	 */
	trackUnmanagedFds?: boolean | undefined;
	/**
	 * Classes of errors to build again here when tasks throw them. The class is found by its name in the prototype chain
	 * of the error, and its constructor is not called. An error of any other class arrives as the nearest built-in class,
	 * with its name, `code` and properties.
	 *
	 * ```js
	 * ThreadPool.create({ filename, errors: [ValidationError] })
	 * ```
	 */
	errors?: readonly (abstract new (...args: never[]) => Error)[] | undefined;
	/**
	 * What carries the context of a call to its thread: for each task what `capture` gives here, `enter` of the module
	 * gets there, around the function. Several stand around each other, the first one outermost. All isolates that share
	 * the pool name the same modules. Default: none, `[]`.
	 *
	 * ```js
	 * const carrier = { capture: () => tenant.id, module: new URL('carrier.js', import.meta.url) }
	 * ThreadPool.create({ filename, carry: [carrier] })
	 * ```
	 */
	carry?: readonly Carrier[] | undefined;
	/**
	 * Makes a thread. Bundlers may need it, as they must see `new Worker(new URL(…))`; and it is the way to get hold of
	 * the `Worker`. It is called with the file with which threads begin and the options of the `Worker`. It must pass the
	 * options on and return the `Worker`.
	 *
	 * A file of your own must import `workpool/worker` before anything else. If it has not done so within 5 s, the thread
	 * is ended. In that case, and if anything but such a `Worker` is returned, tasks reject with a `WorkerStartError`
	 * that says what is wrong.
	 *
	 * ```js
	 * ThreadPool.create({ filename, createWorker: (url, options) => new Worker(url, options) })
	 * ```
	 */
	createWorker?: ((url: URL, options: WorkerOptions) => Worker) | undefined;
	/** As the option `defaults` of every pool, and with the `name` of the export. A task of a thread has no weight. */
	defaults?: (WithOptions & PolicyOptions & DeadLetterOptions & {
		weight?: undefined;
	}) | undefined;
}
/** Options of `map` of a thread pool: those of `run` without `transfer`, and `ordered`. */
export interface MapRunOptions extends Omit<MapOptions, "weight"> {
	/** The export to call. Default: the default export. */
	name?: string | undefined;
}
/** Options of one task of a thread pool. */
export interface RunOptions extends Omit<SubmitOptions, "weight"> {
	/** The export to call. Default: the default export. */
	name?: string | undefined;
	/**
	 * What of the argument is moved instead of cloned: `ArrayBuffer`s, `MessagePort`s and so on. It is gone from here
	 * once the task is accepted, however the task ends, and stays untouched if the task is refused or the argument cannot
	 * be cloned. A guest of a shared pool can move only `ArrayBuffer`s, which are copied and then detached.
	 */
	transfer?: readonly Transferable[] | undefined;
	/**
	 * Is called with what the task tells of its progress, by `currentTask().progress(value)`: with the newest value at
	 * the time, so not with every one, and with the last one before the promise settles. It is not called after that. It
	 * runs in the async context of the call. What it throws or rejects with is logged.
	 *
	 * ```js
	 * await pool.run(paths, { name: 'pack', onProgress: ({ done, of }) => console.log(`${done} of ${of}`) })
	 * ```
	 */
	onProgress?: ((value: any) => unknown) | undefined;
}
/** Options for every call of an export: those of `run`, without `transfer`. */
export type WithOptions = Omit<RunOptions, "transfer">;
/** Options of `runAll`: those of `run` for each task, but for what they move and tell. */
export interface RunAllOptions extends Omit<RunOptions, "transfer" | "onProgress"> {
	/**
	 * Says of each argument what of it is moved instead of cloned, as `transfer` of `run` does. It is called with the
	 * argument and its place. What is moved is gone from here once the batch is accepted and all other arguments have been
	 * cloned.
	 *
	 * ```js
	 * const thumbnails = await pool.runAll(images, { transfer: (image) => [image.buffer] })
	 * ```
	 */
	transfer?: ((argument: any, index: number) => readonly Transferable[] | undefined) | undefined;
}
/** Options of `stream`: those of `run`, and how far its generator may be ahead. */
export interface StreamOptions extends RunOptions {
	/**
	 * So many chunks may be on their way: the generator has given them, and you have not taken them. With that many it
	 * stops until you take the next one. An integer from 1 to 2³¹ − 1, default 16.
	 */
	highWaterMark?: number | undefined;
}
/**
 * The options that `configure` may change: those that are *live*. Each means what it means at creation. `minSize` is
 * for thread pools and for pools with `init`, `grace` for thread pools.
 */
export type LiveOptions = Pick<PoolOptions, "size" | "expiry" | "nonblocking" | "maxBlockingTasks" | "slowTask" | "overload" | "shed" | "rate" | "perKey" | "maxBlockingPerKey" | "measure"> & Pick<ThreadOptions, "minSize" | "grace">;
/**
 * How long tasks have waited or run, until the moment when `pool.histogram` was called. It does not change any more: a
 * later one has all that this one has, and more. So a window of time is a difference, and whoever else looks is not in
 * the way.
 *
 * ```js
 * const pool = Pool.create({ measure: true })
 * const before = pool.histogram('run')
 * await pool.submit(() => fetch(url))
 * const window = pool.histogram('run').minus(before)
 * console.log(window.count, window.p99, window.percentile(75)) // 1, and ms
 * ```
 *
 * Times are counted in 2,112 buckets, of which each is at most 1.6 % wide, and are told as the middle of their bucket. So
 * from 1 µs to 1 hour no time is told with an error of more than 1 %; a longer one than 73 minutes is known to be longer.
 */
export interface Histogram extends MeasuredHistogram {
}
declare class MeasuredHistogram implements HistogramSummary {
	#private;
	readonly count: number;
	readonly mean: number;
	readonly min: number;
	readonly max: number;
	readonly p50: number;
	readonly p90: number;
	readonly p99: number;
	readonly p999: number;
	private constructor();
	/** All times together, in ms. */
	get sum(): number;
	/**
	 * The time, in ms, that so many percent of the times do not exceed; 0 if there is none.
	 *
	 * @param percent from 0, for the shortest time, to 100, for the longest
	 * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
	 */
	percentile(percent: number): number;
	/**
	 * How many times are no longer than so many ms, within 1 % of that bound. Of a later histogram of the same pool it is
	 * never less, as the buckets of a Prometheus histogram have to be.
	 *
	 * @param ms from 0 to `Infinity`
	 * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
	 */
	countBelow(ms: number): number;
	/**
	 * The times of both, as if one pool had measured them.
	 *
	 * ```js
	 * const [first, second] = [Pool.create({ measure: true }), Pool.create({ measure: true })]
	 * const both = first.histogram('wait').plus(second.histogram('wait'))
	 * console.log(both.p99)
	 * ```
	 *
	 * @throws TypeError with code `ERR_POOL_OPTION` if `other` is no histogram
	 */
	plus(other: Histogram): Histogram;
	/**
	 * What has been measured since an earlier histogram of the same pool. The shortest and the longest time of a difference are known
	 * by their buckets only.
	 *
	 * @throws RangeError with code `ERR_POOL_OPTION` if `earlier` has times that this one has not; TypeError if it is no histogram
	 */
	minus(earlier: Histogram): Histogram;
}
/** The kind of a pool: `closures` is a `Pool`, `threads` a `ThreadPool`, `native` a `NativePool`, `multi` a `MultiPool`. */
export type PoolKind = "closures" | "threads" | "native" | "multi";
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
export type AnyPool = Pick<BasePool, keyof BasePool>;
declare abstract class BasePool implements AsyncDisposable {
	#private;
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
	vacancy(options?: VacancyOptions): Promise<void>;
	/** The kind of the pool: `closures`, `threads`, `native` or `multi`. */
	abstract get kind(): PoolKind;
	/** The option `name`, or `pool-1` and so on if it was not given. Errors, `stats()` and logs have it. */
	get name(): string;
	/**
	 * The largest number of live workers, as set by `size` or the last `tune` or `configure`; `Infinity` if there is no limit. Of a
	 * `MultiPool` this and the other numbers are sums over its pools.
	 */
	get capacity(): number;
	/** Live workers, busy and idle. One that has a task of a `weight` counts as so many. */
	get running(): number;
	/**
	 * Workers that have a task, that start (their resource is being made, or their thread loads its module), or that end
	 * (their resource is being disposed of, or their thread ends). A closure that was aborted or timed out keeps its
	 * worker busy until it ends.
	 */
	get busy(): number;
	/** Live workers that have no task: running − busy. */
	get idle(): number;
	/**
	 * How many workers could take a task now, because they are idle or could be started: capacity − busy, not below 0; 0
	 * while the pool is paused. A worker that is being disposed of holds its slot. Further tasks that a busy thread could have (`concurrency`) are
	 * not counted.
	 */
	get available(): number;
	/** How many workers could be started: capacity − running, not below 0. */
	get free(): number;
	/** Accepted tasks that have no worker yet. */
	get waiting(): number;
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
	inspect(): PoolInspection;
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
	report(options?: ReportOptions): Report;
	/** What `JSON.stringify` shows: kind, name, state and the main numbers. `Infinity` is `null` there. */
	toJSON(): PoolSummary;
	/**
	 * Whether new tasks are refused: by all pools, if it is a `MultiPool`. In a shared pool it is also true once this
	 * handle has left.
	 */
	get isClosed(): boolean;
	/**
	 * All numbers of the pool, at one moment. Counters run on from the creation of the pool. Peaks begin again with each
	 * generation.
	 *
	 * Of a `MultiPool`: the sums of the stats of the pools, which are read one after the other. `rejected.overload` and
	 * `rejected.closed` include the tasks that no pool took, each of them once. `generation` is the highest of the pools.
	 * The peaks are sums of peaks, so all pools together had no more than that at once.
	 */
	stats(): PoolStats;
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
	histogram(measure: "wait" | "run"): Histogram;
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
	tune(size: number): void;
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
	configure(change: LiveOptions): void;
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
	pause(): void;
	/** Ends a pause: what waits starts at once, as far as it may. Without a pause it does nothing. */
	resume(): void;
	/**
	 * Whether the pool is paused. Of a `MultiPool`: whether all its pools are paused, but for those that are closed.
	 */
	get isPaused(): boolean;
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
	clear(): number;
	/**
	 * Closes the pool now: waiting tasks reject with `PoolClosedError`, running tasks finish, and idle workers retire.
	 * Nothing is interrupted. A second call does nothing.
	 */
	release(): void;
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
	releaseTimeout(ms: number): Promise<void>;
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
	close(options?: CloseOptions): Promise<void>;
	/**
	 * Resolves when no task waits and no worker is busy, at once if that is so now. It does not close the pool, so others
	 * may submit meanwhile. If tasks wait in a pause, it waits for `resume`, too.
	 */
	drain(): Promise<void>;
	/**
	 * Opens a closed pool again, as a new generation. Tasks that still wait reject. Workers of the old generation retire
	 * when they finish, and do not count in the new one. On an open pool it does nothing. A `MultiPool` opens all its
	 * closed pools; if there was one, `round-robin` and `smart-round-robin` begin again at index 0.
	 *
	 * @throws PoolClosedError if the `signal` of the pool has aborted, if this handle of a shared pool has left, or if the owner of the threads of a shared thread pool has ended; by a `MultiPool` in an AggregateError whose `errors[i].index` says of which pool, and the others are open then
	 */
	reboot(): void;
	/**
	 * Is `close()`, for `await using`. In a shared pool only this handle leaves: it refuses new tasks and waits for its
	 * own. The last handle that leaves closes the pool; until then the threads of a shared thread pool stay with the
	 * isolate that has them.
	 *
	 * ```js
	 * await using pool = Pool.create({ size: 10 })
	 * ```
	 */
	[Symbol.asyncDispose](): Promise<void>;
}
/** Options that only a `NativePool` has. */
export interface NativeOptions {
	/**
	 * So many threads stay, however long they are idle. They start when they are first needed. An integer from 0 to
	 * `size`, default 0. A capacity below it, set by `tune`, wins.
	 */
	minSize?: number | undefined;
	/**
	 * The stack of each thread, in bytes: an integer from 65,536 (64 KiB) to 2³⁰ (1 GiB). Memory is taken only as far as a
	 * job goes down its stack. Default: 2 MiB.
	 */
	stackSize?: number | undefined;
	/**
	 * The options of every job whose ticket comes from this object: what `job` leaves out is taken from here. Both signals
	 * abort.
	 */
	defaults?: NativeJobOptions | undefined;
}
/** Options of one native job. */
export interface NativeJobOptions extends Omit<SubmitOptions, "weight"> {
	/** What errors, `TaskInfo` and `inspect()` call the job. A string that is not empty, default `job`. */
	name?: string | undefined;
	/**
	 * Is called with how far the job has come, if it says so by `workpool_progress`: with the newest number at the time, so
	 * not with every one, and with the last one before the promise settles. It runs in the async context of the submission.
	 * What it throws or rejects with is logged.
	 *
	 * ```js
	 * const ticket = native.job({ onProgress: (share) => console.log(`${Math.round(share * 100)} %`) })
	 * ```
	 */
	onProgress?: ((progress: number) => unknown) | undefined;
}
/** Why a task was not run; named as it is counted in `stats().rejected`. */
export type RefusalReason = "overload" | "rate" | "key" | "paused" | "closed" | "waitTimeout" | "released" | "displaced" | "shed" | "cleared" | "noThread";
interface OfPool {
	/** The pool's name. Pools of a `MultiPool` have names of their own, and tell of themselves. */
	readonly pool: string;
	/** `closures` for a `Pool`, `threads` for a `ThreadPool`. */
	readonly kind: "closures" | "threads" | "native";
}
interface OfThread {
	/** The pool's name. */
	readonly pool: string;
	/** The number of the thread in its pool, which a later thread may have again. */
	readonly worker: number;
	/** Node's number of the thread, as in `worker_threads`; no other thread of the process ever has it. */
	readonly threadId: number;
}
/**
 * How a task has ended. `completed`, `failed`, `timedOut` and `cancelled` are those of `stats()`; a task that is
 * `refused` was not run.
 */
export type TaskOutcome = "completed" | "failed" | "timedOut" | "cancelled" | "refused";
/** A task that a pool has refused, at its submit or while it waited. */
export interface RefusedTask {
	readonly pool: string;
	/** The number of the task in its pool, if it was accepted and has waited. */
	readonly id?: number;
	readonly name?: string;
	readonly priority: number;
	readonly key?: string;
	readonly reason: RefusalReason;
	/** How long it has waited, in ms. */
	readonly waitMs: number;
}
/**
 * The plain channels by name, with what is told on them. A message is told from a microtask, so nothing that a
 * subscriber does gets in the way of the pool; the next task may have begun by then.
 *
 * ```ts
 * import { subscribe } from 'node:diagnostics_channel'
 * import type { ChannelMessages } from 'workpool'
 *
 * subscribe('workpool:thread:crashed', (message) => {
 *   const { pool, threadId, exitCode } = message as ChannelMessages['workpool:thread:crashed']
 *   console.error(`thread ${threadId} of ${pool} died with exit code ${exitCode}`)
 * })
 * ```
 */
export interface ChannelMessages {
	/** A pool was made, or a handle of a shared one. */
	"workpool:pool:created": OfPool & {
		/** `Infinity` if there is no limit. */
		readonly capacity: number;
		readonly isShared: boolean;
	};
	/** A pool was closed by this isolate: it refuses tasks from now on. Of a shared pool its other isolates say nothing. */
	"workpool:pool:closed": OfPool & {
		/** Which lifetime of the pool has ended: 1 until the first `reboot`. */
		readonly generation: number;
	};
	/** `tune` or `configure` has changed options, or `adapt` of `workpool/adaptive` has. */
	"workpool:pool:tuned": OfPool & {
		/** After the change. `Infinity` if there is no limit. */
		readonly capacity: number;
		/** The options that were given, with their new values; an unbounded `size` is `Infinity`. */
		readonly change: LiveOptions;
		/** Why, if an algorithm of `workpool/adaptive` has made the change. */
		readonly why?: string;
	};
	/** A task was not run: refused at its submit, or rejected while it waited. */
	"workpool:task:refused": RefusedTask;
	/** A task was shed, because the queue stood. It is told on `workpool:task:refused` as well. */
	"workpool:task:shed": RefusedTask;
	/** A task runs for longer than `slowTask`. Told once per task, while it runs. */
	"workpool:task:slow": Omit<TaskInfo, "waitMs"> & {
		/** For how long it has waited, in ms, if the pool notes that; see `InspectedTask`. */
		readonly waitMs?: number;
		readonly key?: string;
		/** Of the thread that runs it. */
		readonly threadId?: number;
		/**
		 * The JavaScript stack of its thread at this moment, unless one was taken within the last second; see `ThreadStack`.
		 * Empty if the task waits for something.
		 */
		readonly stack?: string;
		/** The stack of the call that has submitted it, with `trackSubmit`. */
		readonly submitStack?: string;
	};
	/** A thread has loaded its task module, and takes tasks. */
	"workpool:thread:started": OfThread & {
		/** From its start until now, in ms. */
		readonly bootMs: number;
	};
	/** A thread has ended, in whatever way. */
	"workpool:thread:ended": OfThread & {
		readonly exitCode: number;
		/**
		 * `retired`: its pool wanted it no more. `crashed`: it died by itself. `killed`: its pool has ended it, because its
		 * task did not heed its abort, or by `destroy`. `unloaded`: it never had loaded its task module.
		 */
		readonly how: "retired" | "crashed" | "killed" | "unloaded";
	};
	/** A thread that had loaded has died by itself. One that its pool has ended is `killed`, and no crash. */
	"workpool:thread:crashed": OfThread & {
		readonly exitCode: number;
		/** The uncaught error of which it died. */
		readonly error?: unknown;
	};
	/** A thread has reached a limit of the option `recycle`, and is about to be replaced. */
	"workpool:thread:recycled": OfThread & {
		/** How many tasks it has run. */
		readonly tasks: number;
		readonly limit: "tasks" | "heapMb";
	};
	/** The event loop of a thread has had no turn for long. Told once, until it has had one. */
	"workpool:thread:stalled": OfThread & {
		/** The time since its last turn, in ms, at least. */
		readonly lastTurnMs: number;
		/** The tasks that it has begun. */
		readonly tasks: readonly {
			readonly id: number;
			readonly name: string;
			readonly runMs: number;
		}[];
	};
}
/**
 * The context object of the `TracingChannel` `workpool.task`: one for each task, the same for all its events. It is made
 * only if somebody has subscribed when the task is submitted.
 *
 * - `start` is told before the pool is asked, in the context of the caller. What `bindStore` gives holds for the
 *   closure, and for what carriers capture.
 * - `end` is told when the submit returns; a closure may have begun, and ended, by then.
 * - `error`, `asyncStart` and `asyncEnd` are told, in this order, when the task has settled: from a microtask before
 *   the first one that waits for its promise, in the context of `start`. `error` comes only if the task has not completed.
 *
 * ```ts
 * import { subscribe } from 'node:diagnostics_channel'
 * import type { TaskMessage } from 'workpool'
 *
 * subscribe('tracing:workpool.task:asyncEnd', (message) => {
 *   const { pool, name, waitMs, runMs, outcome } = message as TaskMessage
 *   console.log(`${pool} ${name}: ${outcome} after ${waitMs + runMs} ms`)
 * })
 * ```
 */
export interface TaskMessage {
	/** The pool's name. Of a `MultiPool` it is the name of the pool that has taken the task. */
	readonly pool: string;
	/** The number of the task in its pool, once it is accepted: the first task has 1. */
	readonly id?: number;
	/** The name of the closure, or of the export. */
	readonly name?: string;
	/** 0 for `high`, 1 for `normal`, 2 for `low`, `Infinity` for `background`. */
	readonly priority: number;
	readonly key?: string;
	/** How long it has waited, in ms, once it has settled; 0 before. */
	readonly waitMs: number;
	/** How long its function has run, in ms, once it has settled; 0 before. */
	readonly runMs: number;
	/** How it has ended, once it has settled. */
	readonly outcome?: TaskOutcome;
	/** Why it was refused, if it was. */
	readonly reason?: RefusalReason;
	/** What its promise rejects with, or would. */
	readonly error?: unknown;
	/** Of a task of a pool with a `policy`: which attempt it is, from 1. */
	readonly attempt?: number;
	/** The attempt before this one. */
	readonly previous?: TaskMessage;
}
/**
 * The codes of the errors of a pool, one for each class. Bad arguments and options are `TypeError`s and `RangeError`s
 * with another code, `ERR_POOL_OPTION`.
 *
 * ```js
 * if (PoolError.is(error) && error.code === 'ERR_POOL_OVERLOAD') response.writeHead(503).end()
 * ```
 */
export type PoolErrorCode = "ERR_POOL_CLOSED" | "ERR_POOL_OVERLOAD" | "ERR_POOL_WAIT_TIMEOUT" | "ERR_POOL_TASK_TIMEOUT" | "ERR_POOL_WORKER_CRASHED" | "ERR_POOL_WORKER_START" | "ERR_POOL_NO_THREAD" | "ERR_POOL_CLEARED" | "ERR_POOL_RELEASE_TIMEOUT" | "ERR_POOL_UNSUPPORTED" | "ERR_POOL_RESULT_TIMEOUT" | "ERR_POOL_GROUP_TIMEOUT" | "ERR_POOL_JOB_FAILED" | "ERR_POOL_JOB_CANCELLED" | "ERR_POOL_JOB_LOST";
/**
 * An error of the pool itself. Its message ends with the name of the pool. What a task throws is no `PoolError`, nor is
 * `signal.reason`, nor are the `TypeError`s and `RangeError`s of bad arguments (code `ERR_POOL_OPTION`).
 *
 * ```js
 * if (error instanceof PoolError && error.retryable) response.writeHead(503, { 'retry-after': '1' }).end()
 * ```
 */
export declare abstract class PoolError extends Error {
	/**
	 * Whether a value is an error of this class: `PoolError.is(error)` is true for every error of a pool,
	 * `PoolOverloadError.is(error)` for those of that class. It answers as `instanceof` does, and also knows the errors
	 * of another copy of this package in the process, or of another realm: two dependencies may each bring a copy, and a
	 * test runner may load one for each file.
	 *
	 * ```js
	 * if (PoolOverloadError.is(error)) console.warn(`${error.waiting} tasks wait already`)
	 * ```
	 */
	static is<C extends abstract new (...args: never[]) => PoolError>(this: C, error: unknown): error is InstanceType<C>;
	/** Names the class. It does not change between versions. */
	abstract readonly code: PoolErrorCode;
	/**
	 * Whether the same call may succeed later. Whether you may repeat it depends on the task: after a crash or a timeout
	 * it has already done part of its work.
	 */
	abstract readonly retryable: boolean;
}
/**
 * The pool is closed. The task was submitted after `release` or `close`; or it was waiting at `release`; or it was
 * unsettled at `destroy`, or when the owner of the threads of a shared pool ended.
 */
export declare class PoolClosedError extends PoolError {
	readonly code = "ERR_POOL_CLOSED";
	readonly retryable = false;
}
/**
 * Why a task was turned away with a `PoolOverloadError`.
 *
 * - `overload`: no worker was free, and `nonblocking` or `maxBlockingTasks` did not let the task wait.
 * - `rate`: as many tasks had started as `rate` allows, and the task could not wait.
 * - `key`: as many tasks of its key ran as `perKey` allows, and the task could not wait; or as many waited as
 *   `maxBlockingPerKey` allows.
 * - `paused`: the pool was paused, and the task could not wait.
 * - `displaced`: the task waited, and gave way to another one, as `overload: 'discard-oldest'` has it.
 * - `shed`: the task waited for longer than the `target` of `shed` in a queue that did not empty.
 */
export type OverloadReason = "overload" | "rate" | "key" | "paused" | "displaced" | "shed";
/**
 * The task was turned away: it would have had to wait and was not allowed to, or it waited and had to give way. `reason`
 * says which.
 *
 * ```js
 * if (PoolOverloadError.is(error)) {
 *   const seconds = Math.ceil((error.retryAfter ?? 1_000) / 1_000)
 *   response.writeHead(503, { 'retry-after': `${seconds}` }).end()
 * }
 * ```
 */
export declare class PoolOverloadError extends PoolError {
	readonly code = "ERR_POOL_OVERLOAD";
	readonly retryable = true;
	/** Why the task was turned away. Of a `MultiPool`: what all its open pools said, or else `overload`. */
	readonly reason: OverloadReason;
	/** How many tasks were waiting when this one was turned away. Of a `MultiPool`: in all pools. */
	readonly waiting: number;
	/** The capacity at that moment. Of a `MultiPool`: the sum. */
	readonly capacity: number;
	/**
	 * How long you should wait before you submit again, in ms from when the task was turned away; `undefined` if that is
	 * not known. With the reason `rate` it is the time until a task behind all that wait could start. Otherwise it is an
	 * estimate: the number of waiting tasks, divided by the rate at which tasks have ended since an earlier refusal, at
	 * least 100 ms ago. So it is not known for the first refusals. Of a `MultiPool`: the least of its pools.
	 */
	readonly retryAfter: number | undefined;
}
/** The task was waiting when `clear` emptied the queue. It has not begun, and the pool stays open. */
export declare class PoolClearedError extends PoolError {
	readonly code = "ERR_POOL_CLEARED";
	readonly retryable = false;
}
/** No worker was free within the task's `waitTimeout`. The task has not begun. */
export declare class WaitTimeoutError extends PoolError {
	readonly code = "ERR_POOL_WAIT_TIMEOUT";
	readonly retryable = true;
	/** The `waitTimeout` of the task, in ms. */
	readonly waitTimeout: number;
	/** The name of the closure, if it has one. In a thread pool: the name of the export. */
	readonly task: string | undefined;
}
/**
 * The task ran longer than its `timeout`. A closure runs on until it ends; to end early it has to heed
 * `context.signal`. A thread is ended if its task does not heed `currentTask().signal` within `grace`.
 */
export declare class TaskTimeoutError extends PoolError {
	readonly code = "ERR_POOL_TASK_TIMEOUT";
	readonly retryable = true;
	/** The `timeout` of the task, in ms. */
	readonly timeout: number;
	/** The name of the closure, if it has one. In a thread pool: the name of the export. */
	readonly task: string | undefined;
	/** Where the task was submitted, as the lines of a stack, if the pool has `trackSubmit`. `stack` has it, too. */
	readonly submitStack?: string;
}
/**
 * A thread died while it had the task: it exited, ran out of memory, or threw outside of a task. `cause` is the
 * uncaught error, if there was one. Tasks that the thread had not begun are not affected.
 */
export declare class WorkerCrashedError extends PoolError {
	readonly code = "ERR_POOL_WORKER_CRASHED";
	readonly retryable = true;
	/** The exit code of the thread, as `worker_threads` reports it. */
	readonly exitCode: number;
}
/**
 * No thread could load the task module. The message names the file and the reason; `cause` is the error itself. Of a
 * `NativePool`: the operating system gives no thread.
 *
 * A missing file, a syntax error, and a module that throws reject tasks at once. A thread that dies while it loads is
 * started again first, after 100, 200 and 400 ms. While another thread works, no task rejects: tasks wait for that
 * thread, the logger is told once, and the pool tries to start another thread after 100 ms, and then after pauses that
 * double up to 5 s.
 */
export declare class WorkerStartError extends PoolError {
	readonly code = "ERR_POOL_WORKER_START";
	readonly retryable = false;
}
/**
 * The call has a `timeout` or `waitTimeout`, and the operating system gives no thread that could watch the time: it has
 * reached a limit of processes, of pids in a container, or of memory. Nothing was accepted or closed. The next such
 * call asks the system again.
 */
export declare class NoThreadError extends PoolError {
	readonly code = "ERR_POOL_NO_THREAD";
	readonly retryable = true;
}
/**
 * Workers were left when the time of `releaseTimeout` or `close` was up. The pool stays closed, and these workers end
 * when their tasks do.
 */
export declare class ReleaseTimeoutError extends PoolError {
	readonly code = "ERR_POOL_RELEASE_TIMEOUT";
	readonly retryable = false;
	/** How many workers of the closed generation were left. */
	readonly workers: number;
	/** The time that was up, in ms. */
	readonly timeout: number;
}
/**
 * The runtime cannot do what was asked: `stacks` and `profile` need Node's inspector. Node may have been built without
 * it, or may be told to deny it (`--permission`); other runtimes have none. `cause` is what the runtime said.
 */
export declare class PoolUnsupportedError extends PoolError {
	readonly code = "ERR_POOL_UNSUPPORTED";
	readonly retryable = false;
}
/** How a task stands. */
export type TaskState = "waiting" | "running" | "fulfilled" | "rejected" | "timed-out" | "cancelled" | "refused";
/** What a pool runs: a function that returns its result, or a promise of it. */
export type Closure<R, T = unknown> = (context: TaskContext<R>) => T | PromiseLike<T>;
/** What the function of a task is called with. */
export interface TaskContext<R> {
	/** The resource of the worker; `undefined` without `init`. It must not be used after the task has ended. */
	readonly resource: R;
	/**
	 * Aborts when the task is aborted or timed out, or when the signal of the pool aborts. It is made when it is first
	 * read.
	 */
	readonly signal: AbortSignal;
}
/**
 * A ticket for one native job. It is passed to a function of an addon, which hands its job in with it and returns the
 * promise. It is used once; a ticket that is not used is nothing, and holds no place.
 */
export declare class NativeTicket {
	#private;
	/** Of no use to JavaScript: addons find the core by it. */
	readonly workpool: unknown;
}
/**
 * Which pool of a MultiPool is asked first for a task. If no pool can start the task at once, it waits in that one.
 *
 * - `round-robin`: one pool after the other, from index 0. It looks at nothing, so it costs least.
 * - `least-tasks`: the pool with the fewest tasks, busy + waiting.
 * - `smart-round-robin`: one after the other, but only pools that have room. If none has, it is round robin.
 * - `weighted-least-tasks`: the pool with the smallest busy + 2 × waiting.
 * - a function: it is called with the stats of all pools, by index, and returns an index. The MultiPool calls it for
 *   every task as long as a pool is open. If it throws, the submit rejects with that error. A bad index is a RangeError
 *   with code `ERR_POOL_OPTION`.
 *
 * If several pools are equal, the one with the lowest index is taken.
 *
 * Strategies count tasks and know nothing of results. A pool whose tasks fail at once always has the fewest tasks:
 * `least-tasks` and `weighted-least-tasks` send it nearly all of them, and `smart-round-robin` gives it its turn. Take
 * such a pool out yourself: call its `release()`, or use a function that names another one.
 *
 * ```js
 * multi.setStrategy((pools) => (pools[0].waiting > 100 ? 1 : 0))
 * ```
 */
export type Strategy = "round-robin" | "least-tasks" | "smart-round-robin" | "weighted-least-tasks" | ((pools: readonly PoolStats[]) => number);
/** Options of a MultiPool itself. `MultiPool.create` also takes those of the pools that it makes. */
export interface MultiPoolOptions {
	/** How many pools to make. An integer from 1 to 1,024; needed. */
	pools: number;
	/** Which pool is asked first for a task. Default `round-robin`. */
	strategy?: Strategy | undefined;
}
/**
 * A worker of a pool that is held across functions, with its resource: for a transaction, or whatever else does not fit
 * into one closure. `pool.lease` gives it. The worker counts as busy until the lease is released.
 *
 * ```js
 * const pool = Pool.create({ init: () => connect(), dispose: (connection) => connection.end() })
 * const lease = await pool.lease({ waitTimeout: 1_000 })
 * try {
 *   await lease.resource.query('begin')
 *   await lease.resource.query('commit')
 *   lease.release()
 * } catch (error) {
 *   lease.release(error)
 *   throw error
 * }
 * ```
 *
 * A lease that is collected as garbage without release counts as broken: a warning is logged, and its resource is
 * disposed of. If the pool has `trackSubmit`, the warning has the place where the lease was taken, as `submitStack`.
 */
export interface Lease<R> extends HeldLease<R> {
}
declare class HeldLease<R> implements Disposable, AsyncDisposable {
	#private;
	/** What `init` has made; `undefined` without `init`. It must not be used after the release. */
	readonly resource: R;
	/**
	 * Gives the worker back. With an error the task counts as failed, and `isBroken` decides whether the resource is kept.
	 * Without one, or with `undefined`, the resource is kept. A second call does nothing.
	 */
	release(error?: unknown): void;
	/** Is `release()`, for `using`: the resource is kept, also if the block is left by an error. */
	[Symbol.dispose](): void;
	/** Is `release()`, for `await using`. Nothing is waited for. */
	[Symbol.asyncDispose](): Promise<void>;
}
/** What `join` of a group gives: see the option `mode` of `group`. */
export type GroupMode = "all" | "any" | "allSettled";
/** Options of `group`. */
export interface GroupOptions {
	/**
	 * What the tasks of the group are to each other, and what `join` gives.
	 *
	 * - `all`: `join` gives the results, in the order of submission. The first failure aborts the other tasks, and `join`
	 *   rejects with it.
	 * - `any`: the first success aborts the other tasks, and `join` gives its result. If all tasks fail, or there is none,
	 *   `join` rejects with an `AggregateError`.
	 * - `allSettled`: `join` gives an `Outcome` of each task, in the order of submission. No task is aborted for another.
	 *
	 * Default: `all`.
	 */
	mode?: GroupMode | undefined;
	/**
	 * The largest number of tasks of the group that run at once, beside the limits of the pool: an integer ≥ 1. The others
	 * wait in the pool, and let other tasks pass. They take no `key`. A group with a limit over a `MultiPool` is in one
	 * pool, which the strategy names when the group is made. Default: no limit but those of the pool.
	 */
	limit?: number | undefined;
	/**
	 * The longest time that the group may take, in ms from the call of `group`, at most 2³¹ − 1. Then the tasks that are
	 * open are aborted with a `GroupTimeoutError`, and `join` rejects with it; with `allSettled` it resolves, and these
	 * tasks are among the rejected. Default: no limit.
	 */
	timeout?: number | undefined;
	/** The `timeout` of each task that has none of its own, in ms from its start. Default: none. */
	taskTimeout?: number | undefined;
	/** When it aborts, all open tasks of the group are aborted with its reason, and so is whatever is submitted later. */
	signal?: AbortSignal | undefined;
}
interface Tagged {
	/**
	 * The name of the task in `results` and in its outcome: any value but `undefined` and `null`; each of a group has
	 * another one. Default: its index, the first task has 0.
	 */
	tag?: unknown;
}
/** Options of `submit` of a group: those of `submit` of a pool, and `tag`. */
export type GroupSubmitOptions = SubmitOptions & Tagged;
/** Options of `run` of a group: those of `run` of a thread pool, and `tag`. */
export type GroupRunOptions = RunOptions & Tagged;
type Functions = Record<string, (...args: any[]) => any>;
type Known<M> = 0 extends 1 & M ? Functions : M;
type FirstArgument<F> = F extends (...args: infer A) => unknown ? (A extends [
] ? undefined : A[0]) : never;
type Settled<F> = F extends (...args: never[]) => infer T ? Awaited<T> : never;
type Iterates = Iterator<any, any, any> | AsyncIterator<any, any, any>;
type Streams<T> = 0 extends 1 & T ? "perhaps" : [
	T
] extends [
	never
] ? "never" : [
	T
] extends [
	Iterates
] ? "always" : [
	T
] extends [
	AsyncIterable<any>
] ? "perhaps" : "never";
type Runs<F> = F extends (...args: never[]) => infer T ? (Streams<T> extends "always" ? false : true) : false;
type Produces<F> = F extends (...args: never[]) => infer T ? (Streams<T> extends "never" ? false : true) : false;
/**
 * The exported functions of a task module, as a pool has them: with any number of arguments, and with a promise of the
 * result.
 */
export type Tasks<M> = {
	readonly [K in keyof Known<M> as Runs<Known<M>[K]> extends true ? K : never]: Known<M>[K] extends (...args: infer A) => infer T ? (...args: A) => Promise<Awaited<T>> : never;
};
type Names<M> = string & keyof {
	[K in keyof Known<M> as Known<M>[K] extends (argument: any) => unknown ? Runs<Known<M>[K]> extends true ? K : never : never]: unknown;
};
type StreamNames<M> = string & keyof {
	[K in keyof Known<M> as Known<M>[K] extends (argument: any) => unknown ? Produces<Known<M>[K]> extends true ? K : never : never]: unknown;
};
type Default<M> = "default" & Names<M>;
type StreamDefault<M> = "default" & StreamNames<M>;
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
type Chunk<M, N> = N extends keyof Known<M> ? ChunkOf<Known<M>[N]> : never;
type ChunkOf<F> = F extends (...args: never[]) => infer T ? 0 extends 1 & T ? any : T extends AsyncIterator<infer C, any, any> | Iterator<infer C, any, any> | AsyncIterable<infer C> ? C : never : never;
type StreamCall<M, N, O> = string extends StreamNames<M> ? [
	argument?: Argument<M, N>,
	options?: Named<O, N>
] : M extends {
	default: () => Iterates;
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
/** The type of `run`, made from the task module: of its default export, or of the export that `name` names. */
export type Run<M> = <N extends Names<M> = Default<M>>(...call: Call<M, N, RunOptions>) => Promise<Result<M, N>>;
/** The type of `run` of a group. */
export type GroupRun<M> = <N extends Names<M> = Default<M>>(...call: Call<M, N, GroupRunOptions>) => Promise<Result<M, N>>;
type WithDefault<M, N> = [
	N
] extends [
	keyof M
] ? Omit<M, "default"> & {
	default: M[N];
} : M;
/** A task that a thread has begun and not ended, also if it has been aborted or timed out. */
export interface StackTask {
	/** The number of the task in its pool, from 1: `id` of `TaskInfo`. */
	readonly id: number;
	/** The name of the exported function. */
	readonly name: string;
	/** For how long it has been running, in ms. */
	readonly runMs: number;
}
/** Options of `broadcast`. */
export interface BroadcastOptions {
	/** The export to call. Default: the default export. */
	name?: string | undefined;
	/**
	 * Whether threads that start later call the export, too, with the same argument and before their first task. There is
	 * one such call per `name`: the next sticky broadcast of the same export replaces it. A thread in which it fails has
	 * failed to start, as if the module could not be loaded. It goes on until the pool is gone, also after `reboot`.
	 * Default: false.
	 */
	sticky?: boolean | undefined;
	/**
	 * Most milliseconds until a thread has called the export and ended, counted from the call of `broadcast`, so that a
	 * thread that is busy for long does not hold it up. A thread that has not begun by then never will; one that has gets
	 * `grace`, as with any task. Of a `sticky` broadcast it is also how long the call may take in a thread that starts
	 * later, counted from its begin there. Above 0 and up to 2³¹ − 1; default: no limit.
	 */
	timeout?: number | undefined;
}
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
export declare class NativePool extends BasePool {
	#private;
	private constructor();
	get kind(): "native";
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
	static create(options?: Omit<PoolOptions, "defaults"> & NativeOptions): NativePool;
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
	job(options?: NativeJobOptions): NativeTicket;
	/**
	 * Resolves once `minSize` threads have started, or one, and starts one if there is none. Rejects with
	 * `WorkerStartError` if the system gives no thread, and with `PoolClosedError` if the pool is closed or closes before
	 * that. Keeps the process alive until it settles.
	 */
	ready(): Promise<void>;
}
/** Why a pool did not run a task, as a value. */
export interface RefusalInfo {
	/** The code of the error with which `get` rejects. */
	readonly code: PoolErrorCode;
	/** As it is counted in `stats().rejected`; `noThread` with `ERR_POOL_NO_THREAD`. */
	readonly reason: RefusalReason;
	/** After how many ms the task had better be submitted again, if that is known. */
	readonly retryAfter?: number;
}
/**
 * A task in the hands of its caller: how it stands, its result, and what can still be done about it. `future` of a pool
 * gives one, throws nothing and, until somebody awaits the future or calls `get`, rejects nothing.
 *
 * ```js
 * const future = pool.future(() => fetch(url), { priority: 'low' })
 * if (future.state === 'refused') console.log(future.refusal?.reason)
 * else future.setPriority('high')
 * const page = await future.get({ timeout: 500 })
 * ```
 */
export interface Future<T> extends PromiseLike<T> {
	/**
	 * How the task stands.
	 *
	 * - `waiting`: until its function is called.
	 * - `running`: until it settles.
	 * - `fulfilled`, `rejected`: its function has ended with a result or an error; or its thread has died.
	 * - `timed-out`: it ran longer than its `timeout`. Its function may still go on.
	 * - `cancelled`: it was aborted, by `cancel` or its `signal`. Its function may still go on.
	 * - `refused`: the pool has not run it. It was refused at once; or it waited, and was displaced, shed, cleared,
	 *   released, or got no worker within its `waitTimeout`.
	 */
	readonly state: TaskState;
	/** Why the task was refused, if it was; otherwise `undefined`. */
	readonly refusal: RefusalInfo | undefined;
	/** The number of the task in its pool: the first task has 1. `undefined` for a task that was refused at once. */
	readonly id: number | undefined;
	/** How long the task has waited so far, in ms: from `future` until its function was called, or until it settled without. */
	readonly waitMs: number;
	/** How long the task has run so far, in ms: from the call of its function until it settled; 0 if it has not started. */
	readonly runMs: number;
	/**
	 * Gives the result, as often as it is asked. Rejects with what `submit` or `run` would reject with; with
	 * `ResultTimeoutError` if the result is not there after `timeout` ms; with the reason of `signal`; or with a TypeError
	 * or RangeError with code `ERR_POOL_OPTION`. The task goes on if `get` gives up. Awaiting the future is `get()`.
	 *
	 * ```js
	 * const future = pool.future(() => fetch(url))
	 * const early = await future.get({ timeout: 100 }).catch(() => undefined)
	 * const page = early ?? (await future.get())
	 * ```
	 */
	get(options?: GetOptions): Promise<T>;
	/**
	 * Aborts the task as its `signal` would: it never runs if it waits, and its `context.signal` aborts if it runs. `get`
	 * rejects with `reason`. Returns false, and does nothing, if the task has settled.
	 *
	 * @param reason Default: an `AbortError`, as that of `AbortController.abort`.
	 */
	cancel(reason?: unknown): boolean;
	/**
	 * Gives the task another priority while it waits. It stands behind all others that wait with that priority, as if it
	 * came now; its `waitTimeout` runs on. Returns false, and does nothing, if the task does not wait, or if as many tasks
	 * wait as may, where `background` has a bound of its own.
	 *
	 * @throws TypeError or RangeError with code `ERR_POOL_OPTION` if `priority` is not one of a task
	 */
	setPriority(priority: NonNullable<SubmitOptions["priority"]>): boolean;
}
/** What a task of a group has come to. */
export type Outcome<T = unknown> = {
	/** The `tag` of the task, or its index. */
	readonly tag: unknown;
	/** How long the task waited, in ms. */
	readonly waitMs: number;
	/** How long it ran, in ms; 0 if it never started. */
	readonly runMs: number;
} & ({
	readonly status: "fulfilled";
	readonly value: T;
} | {
	readonly status: "rejected";
	readonly reason: unknown;
});
declare abstract class AnyGroup<T, J> implements AsyncDisposable {
	#private;
	/**
	 * What the tasks have come to, by their `tag`, or by their index if they have none: the first task has 0. It fills
	 * while tasks end, in the order in which they end, and stays after the end of the group.
	 */
	get results(): ReadonlyMap<unknown, Outcome<T>>;
	/**
	 * Aborts when the group does: by `abort`, by its `signal`, by its `timeout`, when a task decides what becomes of the
	 * others, and at the latest at the end of the block. It is for what belongs to the group, such as further groups:
	 * `pool.group({ signal: group.signal })`.
	 */
	get signal(): AbortSignal;
	/**
	 * Aborts all tasks that have not settled, and whatever is submitted later. They reject with `reason`. If the group has
	 * been aborted before, nothing happens.
	 *
	 * @param reason Default: an `AbortError`, as that of `AbortController.abort`.
	 */
	abort(reason?: unknown): void;
	/**
	 * Waits until all tasks have settled, those as well that are submitted meanwhile, and gives what the `mode` of the group
	 * says; without tasks, an empty array (`any` rejects with an `AggregateError`). Rejects with the first failure (`all`),
	 * with the `GroupTimeoutError` of the group, or with what it was aborted with. A second call gives the same promise.
	 *
	 * The functions of tasks that were aborted or timed out may go on; the end of the block waits for these.
	 */
	join(): Promise<J>;
	/**
	 * The end of the block, by `await using`: aborts what has not settled, and resolves when all functions have ended,
	 * whatever the `timeout` of the group is; so nothing of it goes on behind the block. (A thread whose function does not
	 * heed its signal within `grace` is ended and replaced.) If nobody has called `join` and a task has failed before, it
	 * rejects with the error with which `join` would; not for `allSettled`, nor for what `abort` has aborted.
	 */
	[Symbol.asyncDispose](): Promise<void>;
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
export interface Group<R = unknown, T = unknown, J = unknown> extends ClosureGroup<R, T, J> {
}
declare class ClosureGroup<R = unknown, T = unknown, J = unknown> extends AnyGroup<T, J> {
	#private;
	/**
	 * Submits a task of the group, as `submit` of the pool does. The promise is of use if somebody wants this very result;
	 * it need not be awaited, and is never an `unhandledRejection`: what a task has failed with is told by `join`, by
	 * `results`, or at the end of the block. A refusal is a failure of the task.
	 *
	 * Rejects with `PoolClosedError` once `join` was called, or the block has ended, and the last function of the group has
	 * ended.
	 */
	submit<U extends T>(task: (context: TaskContext<R>) => U | PromiseLike<U>, options?: GroupSubmitOptions): Promise<Awaited<U>>;
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
export interface ThreadGroup<F = (argument?: any, options?: GroupRunOptions) => Promise<any>, T = unknown, J = unknown> extends CallGroup<F, T, J> {
}
declare class CallGroup<F = (argument?: any, options?: GroupRunOptions) => Promise<any>, T = unknown, J = unknown> extends AnyGroup<T, J> {
	#private;
	/**
	 * Calls an export as a task of the group, as `run` of the pool does. The promise is of use if somebody wants this very
	 * result; it need not be awaited, and is never an `unhandledRejection`: what a task has failed with is told by `join`,
	 * by `results`, or at the end of the block. A refusal is a failure of the task.
	 *
	 * Rejects with `PoolClosedError` once `join` was called, or the block has ended, and the last function of the group has
	 * ended.
	 */
	get run(): F;
}
/**
 * A pool of closures with a policy or a fallback for every task. `F` is what the fallback gives, once it is there.
 */
export interface CarefulPool<R, F = never> {
	/** As `submit` of the pool. */
	submit<T>(task: (context: TaskContext<R>) => T | PromiseLike<NoInfer<Awaited<T>>>, options?: SubmitOptions): Promise<Awaited<T> | F>;
	/** As `map` of the pool: each item goes by way of the policy. */
	map<I, O>(items: Iterable<I> | AsyncIterable<I>, task: (item: I, context: TaskContext<R>) => O | PromiseLike<NoInfer<Awaited<O>>>, options?: MapOptions): AsyncIterableIterator<Awaited<O> | F>;
	/** As `wrap` of the pool. */
	wrap<This, A extends unknown[], T>(f: (this: This, ...args: A) => T): (this: This, ...args: A) => Promise<Awaited<T> | F>;
	/** A view of this view. */
	with<G = F>(options: SubmitOptions & PolicyOptions<G>): CarefulPool<R, Awaited<G>>;
}
/** A pool of closures with options for every task. */
export interface PoolWith<R> {
	/** As `submit` of the pool. */
	submit<T>(task: (context: TaskContext<R>) => T | PromiseLike<NoInfer<Awaited<T>>>, options?: SubmitOptions): Promise<Awaited<T>>;
	/** As `future` of the pool. */
	future<T>(task: (context: TaskContext<R>) => T | PromiseLike<NoInfer<Awaited<T>>>, options?: SubmitOptions): Future<Awaited<T>>;
	/** As `group` of the pool; what the view says of every task holds for its tasks. */
	group<T = unknown>(options?: GroupOptions & {
		mode?: "all" | undefined;
	}): Group<R, T, T[]>;
	group<T = unknown>(options: GroupOptions & {
		mode: "any";
	}): Group<R, T, T>;
	group<T = unknown>(options: GroupOptions & {
		mode: "allSettled";
	}): Group<R, T, Outcome<T>[]>;
	group<T = unknown>(options?: GroupOptions): Group<R, T, T | T[] | Outcome<T>[]>;
	/** As `submitAll` of the pool. */
	submitAll<F extends (context: TaskContext<R>) => unknown>(tasks: Iterable<F>, options?: SubmitOptions): Promise<Awaited<ReturnType<F>>[]>;
	/** As `execute` of the pool. */
	execute(task: (context: TaskContext<R>) => unknown, options?: SubmitOptions): void;
	/** As `tryExecute` of the pool. */
	tryExecute(task: (context: TaskContext<R>) => unknown, options?: SubmitOptions): boolean;
	/** As `map` of the pool. */
	map<I, O>(items: Iterable<I> | AsyncIterable<I>, task: (item: I, context: TaskContext<R>) => O | PromiseLike<NoInfer<Awaited<O>>>, options?: MapOptions): AsyncIterableIterator<Awaited<O>>;
	/** As `wrap` of the pool. */
	wrap<This, A extends unknown[], T>(f: (this: This, ...args: A) => T): (this: This, ...args: A) => Promise<Awaited<T>>;
	/** A view of this view: what it leaves out is taken from here, and both signals abort. */
	with<F = never>(options: SubmitOptions & Careful<F>): CarefulPool<R, Awaited<F>>;
	with(options: SubmitOptions): PoolWith<R>;
}
/**
 * A thread pool with a policy or a fallback for every call. `M` is the task module, `D` the same with the default export
 * of the view, `F` what the fallback gives, once it is there.
 */
export interface CarefulThreads<M, D, F = never> {
	/** As `run` of the pool. */
	run<N extends Names<D> = Default<D>>(...call: Call<D, N, Omit<RunOptions, "transfer">>): Promise<Result<D, N> | F>;
	/** As `tasks` of the pool. */
	readonly tasks: {
		readonly [K in keyof Tasks<M>]: Tasks<M>[K] extends (...args: infer A) => Promise<infer T> ? (...args: A) => Promise<T | F> : never;
	};
	/** As `map` of the pool: each item goes by way of the policy. */
	map<N extends Names<D> = Default<D>>(items: Iterable<Argument<D, N>> | AsyncIterable<Argument<D, N>>, options?: Named<MapRunOptions, N>): AsyncIterableIterator<Result<D, N> | F>;
	/** A view of this view. */
	with<N extends Names<M> | undefined = undefined, G = F>(options: Named<WithOptions, N> & PolicyOptions<G> & DeadLetterOptions): CarefulThreads<M, WithDefault<D, N>, Awaited<G>>;
}
/** A thread pool with options for every call. `M` is the task module, `D` the same with the default export of the view. */
export interface With<M, D> {
	/** As `run` of the pool. */
	run<N extends Names<D> = Default<D>>(...call: Call<D, N, RunOptions>): Promise<Result<D, N>>;
	/** As `tasks` of the pool. */
	readonly tasks: Tasks<M>;
	/** As `future` of the pool. */
	future<N extends Names<D> = Default<D>>(...call: Call<D, N, RunOptions>): Future<Result<D, N>>;
	/** As `group` of the pool; what the view says of every call holds for its calls. */
	group<T = unknown>(options?: GroupOptions & {
		mode?: "all" | undefined;
	}): ThreadGroup<GroupRun<D>, T, T[]>;
	group<T = unknown>(options: GroupOptions & {
		mode: "any";
	}): ThreadGroup<GroupRun<D>, T, T>;
	group<T = unknown>(options: GroupOptions & {
		mode: "allSettled";
	}): ThreadGroup<GroupRun<D>, T, Outcome<T>[]>;
	group<T = unknown>(options?: GroupOptions): ThreadGroup<GroupRun<D>, T, T | T[] | Outcome<T>[]>;
	/** As `runAll` of the pool. */
	runAll<N extends Names<D> = Default<D>>(args: Iterable<Argument<D, N>>, options?: Named<RunAllOptions, N>): Promise<Result<D, N>[]>;
	/** As `map` of the pool. */
	map<N extends Names<D> = Default<D>>(items: Iterable<Argument<D, N>> | AsyncIterable<Argument<D, N>>, options?: Named<MapRunOptions, N>): AsyncIterableIterator<Result<D, N>>;
	/** As `stream` of the pool. */
	stream<N extends StreamNames<D> = StreamDefault<D>>(...call: StreamCall<D, N, StreamOptions>): AsyncIterableIterator<Chunk<D, N>>;
	/** A view of this view: what it leaves out is taken from here, and both signals abort. */
	with<N extends Names<M> | undefined = undefined, F = never>(options: Named<WithOptions, N> & CarefulCalls<F>): CarefulThreads<M, WithDefault<D, N>, Awaited<F>>;
	with<N extends Names<M> | undefined = undefined>(options: Named<WithOptions, N>): With<M, WithDefault<D, N>>;
}
/**
 * Runs closures on this event loop, at most `size` of them at once. Further tasks wait, or are refused.
 *
 * ```js
 * const pool = Pool.create({ size: 50, maxBlockingTasks: 1_000 })
 * const page = await pool.submit(() => fetch(url), { waitTimeout: 500 })
 * ```
 */
export declare class Pool<R = unknown> extends BasePool {
	#private;
	private constructor();
	/**
	 * Makes a pool. It is open and has no workers yet.
	 *
	 * ```js
	 * const pool = Pool.create({ size: 10, init: () => connect(), dispose: (connection) => connection.end() })
	 * const rows = await pool.submit(({ resource }) => resource.query('select 1'))
	 * ```
	 *
	 * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
	 */
	static create<R = void>(options?: PoolOptions & Resource<R>): Pool<R>;
	get kind(): "closures";
	/**
	 * Runs `task` as soon as a worker is free, and gives its result. It never throws. It rejects with what the task
	 * throws or rejects with, with a `PoolError`, with `signal.reason`, or with the TypeError or RangeError of a bad
	 * argument. The checks have this order: arguments, aborted signal, closed, overload. The promise keeps the process
	 * alive until it settles.
	 *
	 * If a worker is free, the closure starts inside this call. If closures submit closures, and a hundred are inside one
	 * another, the next one starts from a microtask. A closure runs in the `AsyncLocalStorage` context of this call, even
	 * if it has waited. A closure that awaits a task of its own full pool waits for ever: give the inner work a pool of
	 * its own, or `waitTimeout: 0`.
	 */
	submit<T>(task: (context: TaskContext<R>) => T | PromiseLike<NoInfer<Awaited<T>>>, options?: SubmitOptions): Promise<Awaited<T>>;
	/**
	 * The same pool with options for every task. What a call leaves out is taken from them; the options of a call win,
	 * but of two signals both abort. With `policy` tasks are tried again, and with `fallback` there is an answer for what
	 * the pool refuses, see `PolicyOptions`.
	 *
	 * ```js
	 * const low = pool.with({ priority: 'low', timeout: 2_000, key: tenant.id })
	 * await low.submit(() => report(tenant))
	 * ```
	 *
	 * A view makes no call into the core, and nothing has to be closed, so it may be made for every request. It keeps the
	 * pool. `with` of a view makes a view of the view.
	 *
	 * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
	 */
	with<F = never>(options: SubmitOptions & Careful<F>): CarefulPool<R, Awaited<F>>;
	with(options: SubmitOptions): PoolWith<R>;
	/**
	 * A function that does the same as `f`, as a task of this pool: it gives a promise of the result, and takes the same
	 * arguments.
	 *
	 * ```js
	 * const fetchInPool = pool.wrap(fetchPosts)
	 * const posts = await fetchInPool(id)
	 * ```
	 *
	 * @throws TypeError with code `ERR_POOL_OPTION` if `f` is no function
	 */
	wrap<This, A extends unknown[], T>(f: (this: This, ...args: A) => T): (this: This, ...args: A) => Promise<Awaited<T>>;
	/**
	 * Does the same as `submit`, and gives the task as a value that says how it stands, and can be cancelled, moved to
	 * another priority, and asked for its result as often as you like. It never throws, and it rejects nothing until
	 * somebody asks for the result: a refusal is the state `refused`.
	 *
	 * ```js
	 * const future = pool.future(() => render('index.md'), { priority: 'low' })
	 * if (future.state === 'refused') console.warn(future.refusal?.reason, future.refusal?.retryAfter)
	 * else console.log(await future.get({ timeout: 2_000 }))
	 * ```
	 */
	future<T>(task: (context: TaskContext<R>) => T | PromiseLike<NoInfer<Awaited<T>>>, options?: SubmitOptions): Future<Awaited<T>>;
	/**
	 * Makes a group: a scope of tasks that succeed or fail together, as its `mode` says, and of which none goes on behind its
	 * block. A failure is told once, by `join` or at the end of the block.
	 *
	 * ```js
	 * await using group = pool.group({ limit: 8, timeout: 5_000, taskTimeout: 2_000 })
	 * for (const url of urls) group.submit(({ signal }) => fetch(url, { signal }), { tag: url })
	 * const pages = await group.join() // in the order of submission; the first failure aborts the others
	 * ```
	 *
	 * With `limit` no more of them run at once, however large the pool is; with `timeout` the whole group takes no longer,
	 * and with `taskTimeout` none of its tasks. It costs nothing while it has no tasks.
	 *
	 * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
	 */
	group<T = unknown>(options?: GroupOptions & {
		mode?: "all" | undefined;
	}): Group<R, T, T[]>;
	group<T = unknown>(options: GroupOptions & {
		mode: "any";
	}): Group<R, T, T>;
	group<T = unknown>(options: GroupOptions & {
		mode: "allSettled";
	}): Group<R, T, Outcome<T>[]>;
	group<T = unknown>(options?: GroupOptions): Group<R, T, T | T[] | Outcome<T>[]>;
	/**
	 * Runs all `tasks`, and gives their results in the order of the tasks. They are accepted all together or refused all
	 * together: a full pool rejects with one `PoolOverloadError`, and none of them runs. All are accepted before the first
	 * one is called.
	 *
	 * ```js
	 * const [user, posts] = await pool.submitAll([() => fetchUser(id), () => fetchPosts(id)], { timeout: 1_000 })
	 * ```
	 *
	 * The first failure rejects at once with its error, and the rest is aborted: tasks that wait never run, and those that
	 * run see their signal abort. Nothing is left unhandled. Without tasks it resolves to an empty array.
	 *
	 * All tasks are handed to the core within this call, and the event loop does not turn meanwhile. So hand in very many
	 * in batches of some ten thousand, or use `map`.
	 *
	 * @param tasks functions, as `submit` takes them: an array, or any other iterable
	 * @param options those of `submit`, for each task; `signal` aborts all of them. A pool without room for all refuses, as
	 *   `submit` would refuse the last one: `nonblocking` needs a free worker for each, `maxBlockingTasks` a place
	 */
	submitAll<F extends (context: TaskContext<R>) => unknown>(tasks: Iterable<F>, options?: SubmitOptions): Promise<Awaited<ReturnType<F>>[]>;
	/**
	 * Runs `task` without a promise, and drops its result. Every end without success goes to `panicHandler`, or else to
	 * `logger.error`. Only tasks that were displaced, shed or cleared are counted, for one line of `logger.warn` a second,
	 * if there is no `panicHandler`.
	 *
	 * @throws what `submit` would reject with, if the task is refused
	 */
	execute(task: (context: TaskContext<R>) => unknown, options?: SubmitOptions): void;
	/**
	 * The same as `execute`, but it returns false if the task is refused. A refusal allocates nothing, so this is the
	 * cheapest way to turn work away.
	 *
	 * @throws for bad arguments only
	 */
	tryExecute(task: (context: TaskContext<R>) => unknown, options?: SubmitOptions): boolean;
	/**
	 * Gives a worker with its resource, to be held across functions until `release`: a transaction, a cursor, a stream.
	 * Without `init` it is a slot of the capacity. A lease waits like a task, with its order, its bounds and its refusals;
	 * it counts in `stats()` and for `rate` as one; it has no `timeout`. While it waits, the promise keeps the process
	 * alive; a lease that is granted does not. `close`, `drain` and the like wait for it as for a running task, and
	 * nothing takes it away from you: not `release` of the pool, nor the abort of a signal.
	 *
	 * ```js
	 * const pool = Pool.create({ init: () => connect(), dispose: (connection) => connection.end() })
	 * const lease = await pool.lease({ waitTimeout: 1_000 })
	 * try {
	 *   await lease.resource.query('begin')
	 *   lease.release()
	 * } catch (error) {
	 *   lease.release(error) // isBroken decides whether the resource is kept
	 *   throw error
	 * }
	 * ```
	 *
	 * With `using lease = await pool.lease()` the worker is given back at the end of the block, and the resource is kept.
	 *
	 * @param options `signal`, `waitTimeout`, `priority` and `key` of a task; they hold until the lease is granted
	 */
	lease(options?: LeaseOptions): Promise<Lease<R>>;
	/**
	 * Resolves once `minSize` resources are there, or one if `minSize` is 0. Those that are missing are made now. Call it
	 * before a service listens. Without `init` it resolves at once. Rejects with the error of `init` if one fails
	 * meanwhile, with `WaitTimeoutError` if one takes longer than `initTimeout`, and with `PoolClosedError` if the pool is
	 * closed or closes before that. Keeps the process alive until it settles.
	 *
	 * ```js
	 * const pool = Pool.create({ minSize: 2, init: () => connect(), dispose: (connection) => connection.end() })
	 * await pool.ready()
	 * ```
	 */
	ready(): Promise<void>;
	/**
	 * Runs `task` for every item, and yields the results, in the order of the items unless `ordered` is false:
	 *
	 * ```js
	 * for await (const page of pool.map(urls, (url, { signal }) => fetch(url, { signal }))) console.log(page.status)
	 * ```
	 *
	 * Nothing happens before you ask for the first result. From then on the map takes items ahead of you, but only while
	 * the pool has room for a task, and while it has taken fewer items than the capacity of the pool (1,024 if that has
	 * no limit) whose result you have not got. So neither a fast source nor a slow loop fills the memory. What a sync
	 * iterable gives is passed on as it is. If the pool refuses an item because others were faster, or an item is
	 * displaced or shed, the map submits it again when there is room, and the result keeps its place.
	 *
	 * While the pool is full, the map stands in the queue like the task that it wants to submit, with its `priority`, so
	 * it does not starve. It waits there no longer than `waitTimeout`, counted from when it wants an item. If an item has
	 * been taken and there is no worker after all, because the source took its time, it waits no longer than
	 * `waitTimeout` from then.
	 *
	 * The first failure ends the map: of a task, of the source, of the pool (`PoolClosedError`, `WaitTimeoutError`,
	 * `TaskTimeoutError`), or the abort of `signal`. The loop throws it once. Results that you have not got are dropped,
	 * the other tasks are aborted, and the source is closed. If you leave the loop early, the map ends in the same way;
	 * nobody waits for its tasks.
	 *
	 * @param task is called with the item and with what a task of `submit` gets; its `context.signal` aborts when the map ends early
	 * @param options those of `submit`, for the task of each item, but `signal` aborts the whole map; and `ordered`, default true
	 * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
	 */
	map<I, O>(items: Iterable<I> | AsyncIterable<I>, task: (item: I, context: TaskContext<R>) => O | PromiseLike<NoInfer<Awaited<O>>>, options?: MapOptions): AsyncIterableIterator<Awaited<O>>;
}
type DefaultsOf<P> = [
	P
] extends [
	NativePool
] ? NativeJobOptions : PolicyOptions & ([
	P
] extends [
	Pool<any>
] ? SubmitOptions : WithOptions & DeadLetterOptions);
/** Options of `profile`. */
export interface ProfileOptions {
	/** For how many milliseconds the threads are watched; needed. Above 0 and up to 2³¹ − 1. */
	ms: number;
}
/** The CPU profile of a thread. */
export interface ThreadProfile {
	/** The name of the pool and Node's number of the thread, such as `render-3`. */
	readonly name: string;
	/** What a `.cpuprofile` file holds, as an object. */
	readonly profile: Profiler.Profile;
}
/** A busy thread, and what it does now. */
export interface ThreadStack {
	/** Node's number of the thread. The stacks of errors that come from the thread have it, too. */
	readonly threadId: number;
	/** The tasks that it has begun. There is none while the thread loads its module. */
	readonly tasks: readonly StackTask[];
	/**
	 * The JavaScript stack now, a line for each frame, with positions as in the stack of an `Error`: `    at parse
	 * (file:///app/tasks.js:12:5)`, the innermost first. Empty if the thread runs no JavaScript: its tasks wait for
	 * something, or it is in native code.
	 */
	readonly stack: string;
}
declare abstract class ThreadVerbs<M> extends BasePool {
	#private;
	/**
	 * Calls the default export, or the export `options.name`, once in every live thread, also in those that are starting:
	 * to drop a cache, to load a new configuration, to ask each thread for its numbers. A thread calls it after its
	 * current task and before any other; with `concurrency`, as soon as it may have one more task.
	 *
	 * ```js
	 * await pool.broadcast(config, { name: 'configure', sticky: true })
	 * const usages = await pool.broadcast(undefined, { name: 'memoryUsage', timeout: 1_000 })
	 * ```
	 *
	 * Resolves to the results in the order of the threads' numbers, the oldest number first. A thread that ends before it
	 * has begun the call is left out, so without threads the result is an empty array. If calls fail, it waits for the
	 * others and rejects with an `AggregateError`; `errors` has one error per failed thread, whose stack names the
	 * thread. It rejects with `PoolClosedError` if the pool is closed, and with a `DataCloneError` if the argument cannot
	 * be cloned.
	 *
	 * `stats()` counts a task for each thread, which never counts as waiting: `nonblocking`, `maxBlockingTasks` and `rate`
	 * do not hold for it. While the pool is paused, no thread begins. `release` rejects the calls that no thread has begun;
	 * one that ended before it had begun counts as cancelled. A guest of a shared pool may broadcast, too.
	 */
	broadcast<N extends Names<M> = Default<M>>(argument?: Argument<M, N>, options?: Named<BroadcastOptions, N>): Promise<Result<M, N>[]>;
	/**
	 * What every busy thread does at this moment: its tasks, for how long they have been running, and the JavaScript stack
	 * of the thread, also if it is in an endless loop. It tells which task is stuck, and where.
	 *
	 * ```js
	 * for (const { threadId, tasks, stack } of await pool.stacks()) {
	 *   console.log(`thread ${threadId}: ${tasks.map(({ name, runMs }) => `${name} ${runMs} ms`).join(', ')}\n${stack}`)
	 * }
	 * ```
	 *
	 * Each thread is stopped for as long as this isolate takes to hear of it and to let it go on, some milliseconds as a
	 * rule; breakpoints and `debugger` statements count in that time only. So do not call it in a tight loop, nor before
	 * something that blocks this isolate in native code. A thread that ends meanwhile is left out. Threads that run no
	 * JavaScript have an empty `stack`; one that is in native code is waited for up to 2 s. Calls come one after the
	 * other. A thread that somebody debugs and has stopped stays stopped. It works while the pool is closing, too, and in
	 * a guest of a shared pool.
	 *
	 * It needs Node's inspector, which is loaded by the first call. Rejects with `PoolUnsupportedError`
	 * (`ERR_POOL_UNSUPPORTED`) where there is none. Keeps the process alive until it settles.
	 */
	stacks(): Promise<ThreadStack[]>;
	/**
	 * The CPU profiles of all live threads over so many ms, as the developer tools of Chrome and other viewers read them.
	 *
	 * ```js
	 * for (const { name, profile } of await pool.profile({ ms: 1_000 })) {
	 *   await writeFile(`${name}.cpuprofile`, JSON.stringify(profile))
	 * }
	 * ```
	 *
	 * Threads that start later are not among them, and a thread that ends meanwhile is left out. Rejects with a TypeError
	 * or RangeError for bad options, and otherwise as `stacks` does. Keeps the process alive until it settles.
	 */
	profile(options: ProfileOptions): Promise<ThreadProfile[]>;
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
export declare class ThreadPool<M = any> extends ThreadVerbs<M> {
	#private;
	/**
	 * The exported functions: `pool.tasks.fib(40)` calls the export `fib` in a thread, with any number of arguments.
	 * Arguments and results are cloned as `structuredClone` does it, except that a single view may arrive on a buffer
	 * that holds just its bytes. An export that does not exist rejects with a TypeError of code `ERR_POOL_OPTION`.
	 * Otherwise a call rejects as `run` does.
	 */
	readonly tasks: Tasks<M>;
	private constructor();
	get kind(): "threads";
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
	static create<M = any>(options: PoolOptions & ThreadOptions): ThreadPool<M>;
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
	get run(): Run<M>;
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
	future<N extends Names<M> = Default<M>>(...call: Call<M, N, RunOptions>): Future<Result<M, N>>;
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
	group<T = unknown>(options?: GroupOptions & {
		mode?: "all" | undefined;
	}): ThreadGroup<GroupRun<M>, T, T[]>;
	group<T = unknown>(options: GroupOptions & {
		mode: "any";
	}): ThreadGroup<GroupRun<M>, T, T>;
	group<T = unknown>(options: GroupOptions & {
		mode: "allSettled";
	}): ThreadGroup<GroupRun<M>, T, Outcome<T>[]>;
	group<T = unknown>(options?: GroupOptions): ThreadGroup<GroupRun<M>, T, T | T[] | Outcome<T>[]>;
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
	with<N extends Names<M> | undefined = undefined, F = never>(options: Named<WithOptions, N> & CarefulCalls<F>): CarefulThreads<M, WithDefault<M, N>, Awaited<F>>;
	with<N extends Names<M> | undefined = undefined>(options: Named<WithOptions, N>): With<M, WithDefault<M, N>>;
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
	runAll<N extends Names<M> = Default<M>>(args: Iterable<Argument<M, N>>, options?: Named<RunAllOptions, N>): Promise<Result<M, N>[]>;
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
	stream<N extends StreamNames<M> = StreamDefault<M>>(...call: StreamCall<M, N, StreamOptions>): AsyncIterableIterator<Chunk<M, N>>;
	/**
	 * Does the same as `run`, but blocks this thread until the result is there, for code that cannot wait, in scripts and
	 * tools. No event, timer or promise gets its turn meanwhile, so only another thread can abort `signal`.
	 *
	 * @throws what `run` would reject with; a `PoolOverloadError`, reason `paused`, if the pool is paused; and a TypeError with code `ERR_POOL_OPTION` where the result could never come: in a thread of the same pool, while the end of another task is being reported, in a guest of a shared pool before a thread has started (await `ready` first), and while this isolate has a stream of the pool open and no thread is idle or can be started
	 */
	runSync<N extends Names<M> = Default<M>>(...call: Call<M, N, RunOptions>): Result<M, N>;
	/**
	 * Resolves once a thread has loaded the module, and starts one if there is none. Call it before a service listens.
	 * Rejects with `WorkerStartError` if no thread can load the module, and with `PoolClosedError` if the pool is closed
	 * or closes before that.
	 */
	ready(): Promise<void>;
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
	map<N extends Names<M> = Default<M>>(items: Iterable<Argument<M, N>> | AsyncIterable<Argument<M, N>>, options?: Named<MapRunOptions, N>): AsyncIterableIterator<Result<M, N>>;
	/**
	 * Ends everything now: running and waiting tasks reject with `PoolClosedError`, and threads are ended in the midst of
	 * what they do. Resolves when all of them have ended. A shared pool ends for all. The pool can be rebooted.
	 */
	destroy(): Promise<void>;
}
declare abstract class MultiThreadVerbs<P> extends BasePool {
	#private;
	/** The pool with this index, from 0. */
	abstract at(index: number): P;
	/**
	 * Does the same as `broadcast` of a thread pool, in the threads of all pools, and gives the results in the order of the
	 * pools. Rejects with `PoolClosedError` if all are closed.
	 */
	broadcast<M, N extends Names<M> = Default<M>>(this: MultiThreadVerbs<ThreadPool<M>>, argument?: Argument<M, N>, options?: Named<BroadcastOptions, N>): Promise<Result<M, N>[]>;
	/** Does the same as `stacks` of a thread pool, for the threads of all pools. */
	stacks(this: MultiThreadVerbs<ThreadPool<any>>): Promise<ThreadStack[]>;
	/** Does the same as `profile` of a thread pool, for the threads of all pools. */
	profile(this: MultiThreadVerbs<ThreadPool<any>>, options: ProfileOptions): Promise<ThreadProfile[]>;
}
/** The type of `future` over pools of this kind. */
export type FutureOf<P> = P extends Pool<infer R> ? Pool<R>["future"] : P extends ThreadPool<infer M> ? ThreadPool<M>["future"] : never;
/** The group over pools of this kind. */
export type GroupOf<P, T, J> = P extends Pool<infer R> ? Group<R, T, J> : P extends ThreadPool<infer M> ? ThreadGroup<GroupRun<M>, T, J> : never;
type OfOneKind<P> = [
	P
] extends [
	Pool<any>
] ? unknown : [
	P
] extends [
	ThreadPool<any>
] ? unknown : [
	P
] extends [
	NativePool
] ? unknown : never;
/**
 * The type of `group` over pools of this kind. Each task of the group is in the first pool that takes it. A group with a
 * `limit` is kept within one pool, which the strategy names when the group is made.
 *
 * ```js
 * await using group = db.group({ mode: 'any' })
 * for (const id of ids) group.submit(({ resource }) => resource.query('select …', id))
 * ```
 */
export interface MultiGroup<P> {
	/** @throws TypeError or RangeError with code `ERR_POOL_OPTION`, and what a strategy that is a function throws */
	<T = unknown>(options?: GroupOptions & {
		mode?: "all" | undefined;
	}): GroupOf<P, T, T[]>;
	<T = unknown>(options: GroupOptions & {
		mode: "any";
	}): GroupOf<P, T, T>;
	<T = unknown>(options: GroupOptions & {
		mode: "allSettled";
	}): GroupOf<P, T, Outcome<T>[]>;
	<T = unknown>(options?: GroupOptions): GroupOf<P, T, T | T[] | Outcome<T>[]>;
}
/**
 * Several pools that are used like one. A strategy names a pool for each task. If that pool cannot start the task at
 * once, the others are asked, those with the fewest tasks first. If none can, the task waits in the pool that the
 * strategy named. So nothing waits while any pool has room, and an overload means that all pools are full.
 *
 * Each pool keeps its own workers, queue and counters. That is worth having if the pools differ, in size or in what
 * their resources are connected to, or if one is to be released or rebooted without the others.
 *
 * ```js
 * const replicas = ['a.db', 'b.db'].map((host) => Pool.create({ name: host, size: 20, init: () => connect(host) }))
 * const db = MultiPool.of(replicas, { strategy: 'least-tasks' })
 * const rows = await db.submit(({ resource }) => resource.query('select 1'))
 * ```
 */
export declare class MultiPool<P> extends MultiThreadVerbs<P> {
	#private;
	private constructor();
	get kind(): "multi";
	/**
	 * Makes `pools` equal pools, each with the given options: `size` and `maxBlockingTasks` are those of one pool. The
	 * pools are called `name#0`, `name#1`, …; without a `name`, `pool-1#0` and so on.
	 *
	 * ```js
	 * const multi = MultiPool.create({ pools: 4, size: 64, strategy: 'least-tasks' })
	 * ```
	 *
	 * @throws TypeError or RangeError with code `ERR_POOL_OPTION`; then no pool was made
	 */
	static create<R = void>(options: PoolOptions & Resource<R> & MultiPoolOptions): MultiPool<Pool<R>>;
	/**
	 * Makes a MultiPool of pools of one kind: from 1 to 1,024, of any sizes, none of them twice. The pools can still be
	 * used directly, and the array may be changed afterwards.
	 *
	 * ```js
	 * const either = MultiPool.of([local, remote], { strategy: ([a, b]) => (a.waiting > 100 ? 1 : 0) })
	 * ```
	 *
	 * @param options `strategy`, as in `create`, and `defaults`, for what is handed in through the MultiPool
	 * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
	 */
	static of<P extends Pool<any> | ThreadPool<any> | NativePool>(pools: readonly P[] & OfOneKind<P>, options?: {
		strategy?: MultiPoolOptions["strategy"] | undefined;
		defaults?: DefaultsOf<P> | undefined;
	}): MultiPool<P>;
	/**
	 * The pool with this index, from 0.
	 *
	 * @throws RangeError (TypeError, if it is no number) with code `ERR_POOL_OPTION`
	 */
	at(index: number): P;
	/**
	 * Changes the strategy, from the next task on. Tasks that wait stay where they are, and round robin goes on where it
	 * was.
	 *
	 * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
	 */
	setStrategy(strategy: Strategy): void;
	/**
	 * Does the same as `submit` of a pool, in the first pool that takes the task. Rejects with a `PoolOverloadError` if
	 * no pool takes it, with a `PoolClosedError` if all are closed, and with what a strategy that is a function throws.
	 * If `waitTimeout` is 0 and no pool has room, the pool that the strategy named gives the `WaitTimeoutError`, or the
	 * first one that would have let the task wait.
	 */
	submit<R, T>(this: MultiPool<Pool<R>>, task: (context: TaskContext<R>) => T | PromiseLike<NoInfer<Awaited<T>>>, options?: SubmitOptions): Promise<Awaited<T>>;
	/** Does the same as `future` of a pool, in the first pool that takes the task. `refusal` says what all pools said. */
	get future(): FutureOf<P>;
	/** Makes a group, as `group` of a pool does, see `MultiGroup`. */
	get group(): MultiGroup<P>;
	/**
	 * Does the same as `submitAll` of a pool, over all pools: each task goes to the pool that would take it if it was
	 * submitted. If they cannot take all of them together, no task runs.
	 */
	submitAll<R, F extends (context: TaskContext<R>) => unknown>(this: MultiPool<Pool<R>>, tasks: Iterable<F>, options?: SubmitOptions): Promise<Awaited<ReturnType<F>>[]>;
	/**
	 * Does the same as `execute` of a pool, in the first pool that takes the task. An end without success is reported to
	 * the `panicHandler` or `logger` of that pool.
	 *
	 * @throws what `submit` would reject with, if the task is refused
	 */
	execute<R>(this: MultiPool<Pool<R>>, task: (context: TaskContext<R>) => unknown, options?: SubmitOptions): void;
	/**
	 * The same as `execute`, but it returns false if the task is refused.
	 *
	 * @throws for bad arguments, and what a strategy that is a function throws
	 */
	tryExecute<R>(this: MultiPool<Pool<R>>, task: (context: TaskContext<R>) => unknown, options?: SubmitOptions): boolean;
	/**
	 * Does the same as `map` of the pools, over all pools. It takes as many items ahead as their capacities together.
	 *
	 * ```js
	 * for await (const row of db.map(ids, (id, { resource }) => resource.query('select …', id))) print(row)
	 * ```
	 *
	 * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
	 */
	map<R, I, O>(this: MultiPool<Pool<R>>, items: Iterable<I> | AsyncIterable<I>, task: (item: I, context: TaskContext<R>) => O | PromiseLike<NoInfer<Awaited<O>>>, options?: MapOptions): AsyncIterableIterator<Awaited<O>>;
	map<M, N extends Names<M> = Default<M>>(this: MultiPool<ThreadPool<M>>, items: Iterable<Argument<M, N>> | AsyncIterable<Argument<M, N>>, options?: Named<MapRunOptions, N>): AsyncIterableIterator<Result<M, N>>;
	/**
	 * Does the same as `lease` of a pool, in the first pool that can give one.
	 *
	 * ```js
	 * const lease = await db.lease()
	 * ```
	 */
	lease<R>(this: MultiPool<Pool<R>>, options?: LeaseOptions): Promise<Lease<R>>;
	/**
	 * Resolves when `ready` of each pool has. Rejects with what it rejects with of the first one that fails, in the order
	 * of the pools.
	 */
	ready(): Promise<void>;
	/**
	 * Does the same as `run` of a thread pool, in the first pool that takes the task. Rejects as `submit` does if no pool
	 * takes it. All pools should have the same task module.
	 */
	get run(): P extends ThreadPool<infer M> ? Run<M> : never;
	/** Does the same as `runAll` of a thread pool, over all pools, as `submitAll` does. */
	runAll<M, N extends Names<M> = Default<M>>(this: MultiPool<ThreadPool<M>>, args: Iterable<Argument<M, N>>, options?: Named<RunAllOptions, N>): Promise<Result<M, N>[]>;
	/** Does the same as `stream` of a thread pool, in the first pool that takes the task. */
	stream<M, N extends StreamNames<M> = StreamDefault<M>>(this: MultiPool<ThreadPool<M>>, ...call: StreamCall<M, N, StreamOptions>): AsyncIterableIterator<Chunk<M, N>>;
	/** The same as `tasks` of a thread pool, in the first pool that takes the task. */
	get tasks(): P extends ThreadPool<infer M> ? Tasks<M> : never;
	/**
	 * Does the same as `job` of a native pool: the job is handed in to the first pool that takes it.
	 *
	 * ```js
	 * const multi = MultiPool.of([NativePool.create({ size: 2 }), NativePool.create({ size: 2 })])
	 * const digest = await addon.hash(multi.job({ timeout: 2_000 }), data)
	 * ```
	 *
	 * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
	 */
	job(this: MultiPool<NativePool>, options?: NativeJobOptions): NativeTicket;
	/**
	 * The same pools with options for every task, like `with` of one of the pools.
	 *
	 * ```js
	 * const reports = db.with({ priority: 'low', timeout: 60_000 })
	 * ```
	 *
	 * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
	 */
	with<R, F = never>(this: MultiPool<Pool<R>>, options: SubmitOptions & Careful<F>): CarefulPool<R, Awaited<F>>;
	with<R>(this: MultiPool<Pool<R>>, options: SubmitOptions): PoolWith<R>;
	with<M, N extends Names<M> | undefined = undefined, F = never>(this: MultiPool<ThreadPool<M>>, options: Named<WithOptions, N> & CarefulCalls<F>): CarefulThreads<M, WithDefault<M, N>, Awaited<F>>;
	with<M, N extends Names<M> | undefined = undefined>(this: MultiPool<ThreadPool<M>>, options: Named<WithOptions, N>): With<M, WithDefault<M, N>>;
	/**
	 * Does the same as `wrap` of a pool: each call runs in the first pool that takes it.
	 *
	 * @throws TypeError with code `ERR_POOL_OPTION` if `f` is no function
	 */
	wrap<R, This, A extends unknown[], T>(this: MultiPool<Pool<R>>, f: (this: This, ...args: A) => T): (this: This, ...args: A) => Promise<Awaited<T>>;
}
/**
 * The pools of this isolate that are still there, in the order in which they were made: for a health check, a page of
 * numbers, or a shutdown that closes everything.
 *
 * ```js
 * for (const pool of pools()) console.log(`${pool.kind} ${pool.name}: ${pool.busy} busy, ${pool.waiting} waiting`)
 * await Promise.all(pools().map((pool) => pool.close()))
 * ```
 *
 * A pool is listed from its creation for as long as the program references it, also while it is closed, as it may be
 * rebooted: `isClosed` tells. The list holds no pool: one that nobody references any more is released as ever. The pools
 * of a `MultiPool` stand before it. Views (`with`) are no pools of their own. Of a shared pool each `create` of this
 * isolate is listed; the pools that other isolates have made are not.
 */
export declare function pools(): (Pool<any> | ThreadPool<any> | MultiPool<any>)[];
/**
 * Whether an error is one of a pool whose call may succeed later: a `PoolError` with `retryable: true`. False for
 * everything else, such as what a task throws. A function of its own, so that it can be handed to a retry.
 *
 * ```js
 * import { ExponentialBackoff, handleWhen, retry } from 'cockatiel'
 *
 * const careful = pool.with({ policy: retry(handleWhen(isRetryable), { backoff: new ExponentialBackoff() }) })
 * ```
 */
export declare const isRetryable: (error: unknown) => boolean;
/** `get` of a future gave up: the result was not there in time. The task goes on, and `get` may be called again. */
export declare class ResultTimeoutError extends PoolError {
	readonly code = "ERR_POOL_RESULT_TIMEOUT";
	readonly retryable = true;
	/** The `timeout` of `get`, in ms. */
	readonly timeout: number;
}
/** The time of a group was up. What was open has been aborted; `results` of the group has the rest. */
export declare class GroupTimeoutError extends PoolError {
	readonly code = "ERR_POOL_GROUP_TIMEOUT";
	readonly retryable = true;
	/** The `timeout` of the group, in ms. */
	readonly timeout: number;
}
interface Storage {
	getStore(): unknown;
}
/**
 * Makes a carrier of one or several `AsyncLocalStorage`s: what the caller of a task has in each of them, such as the id
 * of a request for the log, is there in the thread.
 *
 * ```js
 * import { AsyncLocalStorage } from 'node:async_hooks'
 *
 * const requests = new AsyncLocalStorage()
 * const pool = ThreadPool.create({ filename, carry: [carryStorage({ request: requests })] })
 * await requests.run({ id: 'r-7' }, () => pool.run(42))
 * ```
 *
 * In the thread `carried('request')` from `workpool/worker` is an `AsyncLocalStorage` that has a clone of the store for
 * as long as the task runs. A storage without a store brings nothing, and a task for which none has one costs nothing. A
 * store that cannot be cloned rejects the task with a `DataCloneError`; give a storage of the little that is needed.
 *
 * @param storages by the names under which threads ask for them
 * @throws TypeError with code `ERR_POOL_OPTION` if there is none, or one of them is no storage
 */
export declare function carryStorage(storages: Readonly<Record<string, Storage>>): Carrier;

export {};
