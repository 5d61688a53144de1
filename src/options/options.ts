/** The options of pools and tasks, and the one place where each is checked. */
import { type Agreement, toAgreement } from './agreement.js'
import { misuse, outOfRange, wrongType } from '../base/errors.js'
import { type Logger, consoleLogger } from '../base/logger.js'
import {
  type Check,
  type Checked,
  type Checks,
  LARGEST,
  MS,
  POSITIVE_MS,
  abortSignal,
  boolean,
  functionOf,
  integer,
  isNumber,
  logger,
  milliseconds,
  ms,
  positiveMs,
  reader,
  text,
} from './checks.js'
import { MEASURE, type MeasureOptions } from './measure-options.js'
import { RESOURCE, type ResourceSettings, toResourceSettings } from './resource-options.js'
import { OBSERVING, type ObservingOptions, type ObservingSettings, observingOf } from './observing-options.js'
import { POLICY, type PolicyOptions, type Terms, termsOf } from './policy-options.js'
import {
  SCHEDULING,
  type SchedulingOptions,
  type SchedulingSettings,
  agreedScheduling,
  schedulingOf,
} from './scheduling-options.js'
import type { TaskInfo } from './task-info.js'

/**
 * Options of every pool. The pool reads them once, from own properties. `undefined` is the same as leaving an option
 * out; `null` and unknown options are errors. All times are in ms.
 */
export interface PoolOptions extends SchedulingOptions, MeasureOptions, ObservingOptions {
  /**
   * The name of the pool in errors, logs, `TaskInfo` and names of threads. Isolates find a `shared` pool by its name. A
   * string that is not empty; default `pool-1`, `pool-2`, …
   */
  name?: string | undefined
  /**
   * The capacity: the largest number of live workers, and so of closures that run at once. An integer from 1 to
   * 2³¹ − 1; `Infinity` and −1 mean that there is no limit. Default 256. `tune` changes it.
   *
   * Of a `ThreadPool`: the largest number of live threads. It always has a limit. Default: the number of processors
   * that this process may use, with the limits of a container taken into account.
   */
  size?: number | undefined
  /**
   * How long an idle worker is kept, in ms from when it became idle. The pool retires it no sooner than that, and no
   * later than after twice that time. Above 0, up to 2³¹ − 1; `Infinity` is the same as `disablePurge`. Default 1,000,
   * of a `ThreadPool` 60,000.
   */
  expiry?: number | undefined
  /** Idle workers stay until the pool is closed or shrinks, whatever `expiry` says. Default false. */
  disablePurge?: boolean | undefined
  /**
   * Reserves memory for `size` workers now. `size` must have a limit then, of 2²⁴ at most. A `ThreadPool` starts all
   * its threads now. Default false.
   */
  preAlloc?: boolean | undefined
  /**
   * A full pool refuses tasks with `PoolOverloadError` instead of letting them wait, whatever `maxBlockingTasks` says.
   * A worker that is starting counts as room. Default false.
   */
  nonblocking?: boolean | undefined
  /**
   * The largest number of waiting tasks. Further ones are refused with `PoolOverloadError`. A task for which a worker
   * is starting does not count. An integer from 0 to 2³¹ − 1; 0, the default, means that there is no limit.
   */
  maxBlockingTasks?: number | undefined
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
  panicHandler?: ((error: unknown, task: TaskInfo) => unknown) | undefined
  /** Where the pool reports what no promise can carry. pino fits. Default: warnings and errors go to the console. */
  logger?: Logger | undefined
  /**
   * When this signal aborts, the pool is released, and the signals of its running tasks abort. The promises of these
   * tasks settle when the tasks end. If the signal has aborted before, the pool is closed from the start. A pool whose
   * signal has aborted cannot be rebooted. In a shared pool only the signals of this isolate's tasks abort.
   */
  signal?: AbortSignal | undefined
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
  shared?: boolean | undefined
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
  defaults?: (SubmitOptions & PolicyOptions) | undefined
}

/** Options of one task. */
export interface SubmitOptions {
  /**
   * Aborts the task: its promise rejects with `signal.reason` at once. A task that was waiting never runs. A task that
   * was running sees its own signal abort; a closure keeps its worker until it ends, and a thread is ended if the task
   * does not heed its signal within `grace`. Any number of tasks may share a signal.
   */
  signal?: AbortSignal | undefined
  /**
   * The longest time without a worker, in ms from the call; after that the task rejects with `WaitTimeoutError`. The
   * time that a worker takes to start counts. From 0 to 2³¹ − 1; with 0 the task is refused if it would have to wait.
   * Default: no limit.
   */
  waitTimeout?: number | undefined
  /**
   * The longest time of running, in ms from the call of the function (in a thread: from when the thread takes the
   * task). After that the task rejects with `TaskTimeoutError`, and its own signal aborts with that error. Above 0, up
   * to 2³¹ − 1. Default: no limit.
   */
  timeout?: number | undefined
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
  priority?: number | 'high' | 'normal' | 'low' | 'background' | undefined
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
  weight?: number | undefined
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
  key?: string | undefined
}

/**
 * Options of `map`. The options of a task hold for the task of each item, but `signal` aborts the whole map. `priority`,
 * `key`, `weight` and `waitTimeout` also hold while the map waits for a worker before it takes an item.
 */
export interface MapOptions extends SubmitOptions {
  /** Whether results come in the order of their items. If false, they come as they finish. Default true. */
  ordered?: boolean | undefined
}

/** Options of `close`. */
export interface CloseOptions {
  /**
   * The longest time that `close` may take, in ms from the call. After that, tasks that still wait reject with
   * `PoolClosedError`, and `close` rejects with `ReleaseTimeoutError`. From 0 to 2³¹ − 1. Default: no limit.
   */
  timeout?: number | undefined
  /**
   * When it aborts, tasks that still wait reject, as after `release`, and `close` resolves when the busy workers have
   * ended.
   */
  signal?: AbortSignal | undefined
  /**
   * Whether tasks that still run when the `timeout` is up are aborted: they reject with `PoolClosedError`, and their
   * signals abort with it. A closure keeps its worker until it ends; a thread is ended if its task goes on for longer
   * than `grace`. A lease is left to its holder. If the pool has been rebooted meanwhile, nothing is aborted. In a
   * shared pool the tasks of this isolate are. Needs `timeout`. Default false: tasks that run are left to finish.
   */
  abort?: boolean | undefined
}

/** Options of `lease`. Each means what it means for a task, until the lease is granted. */
export type LeaseOptions = Pick<SubmitOptions, 'signal' | 'waitTimeout' | 'priority' | 'key'>

/** Options of `get` of a future. */
export interface GetOptions {
  /**
   * How long to wait for the result, in ms from the call of `get`. After that it rejects with `ResultTimeoutError`, and
   * the task goes on. From 0 to 2³¹ − 1. Default: as long as it takes.
   */
  timeout?: number | undefined
  /** When it aborts, `get` rejects with its reason, and the task goes on. */
  signal?: AbortSignal | undefined
}

/** Options of `vacancy`. */
export interface VacancyOptions {
  /** When it aborts, `vacancy` rejects with its reason. */
  signal?: AbortSignal | undefined
}

const LARGEST_ALLOCATION = 2 ** 24
/** Whatever has a number goes before what runs in the background. */
const PRIORITIES = { high: 0, normal: 1, low: 2, background: Infinity } as const

/** What `size` and `tune` allow; 0 stands for unbounded from here on. */
const size: Check<number> = (value, option) => {
  if (value === Infinity || value === -1) return 0
  return integer(1, 'an integer from 1 to 2147483647, or Infinity or -1 for unbounded')(value, option)
}

/** The options of every pool, resources included. */
export const POOL = {
  name: text,
  size,
  expiry: ((value, option) => {
    const allowed = `${POSITIVE_MS}, or Infinity`
    if (isNumber(value, option, allowed) && value > 0 && (value <= LARGEST || value === Infinity)) return value
    throw outOfRange(option, value, allowed)
  }) as Check<number>,
  disablePurge: boolean,
  preAlloc: boolean,
  nonblocking: boolean,
  maxBlockingTasks: integer(0, 'an integer from 0 to 2147483647'),
  panicHandler: functionOf as Check<NonNullable<PoolOptions['panicHandler']>>,
  logger,
  signal: abortSignal,
  shared: boolean,
  defaults: ((value) => termsOf(readDefaults(value), NO_SUBMIT_OPTIONS)) as Check<Terms<SubmitChecked>>,
  ...OBSERVING,
  ...MEASURE,
  ...SCHEDULING,
  ...RESOURCE,
} satisfies Checks

/** The options that pools of threads have, too, in the order in which an error lists them. */
export const EVERY_POOL = {
  name: POOL.name,
  size: POOL.size,
  expiry: POOL.expiry,
  disablePurge: POOL.disablePurge,
  preAlloc: POOL.preAlloc,
  nonblocking: POOL.nonblocking,
  maxBlockingTasks: POOL.maxBlockingTasks,
  measure: POOL.measure,
  panicHandler: POOL.panicHandler,
  logger: POOL.logger,
  signal: POOL.signal,
  shared: POOL.shared,
} satisfies Checks

export const SUBMIT = {
  signal: abortSignal,
  waitTimeout: milliseconds(ms, MS),
  timeout: milliseconds(positiveMs, POSITIVE_MS),
  priority: ((value, option) => {
    const allowed = "a safe integer from 0, 'high', 'normal', 'low' or 'background'"
    if (typeof value !== 'string') return integer(0, allowed, Number.MAX_SAFE_INTEGER)(value, option)
    if (Object.hasOwn(PRIORITIES, value)) return PRIORITIES[value as keyof typeof PRIORITIES]
    throw outOfRange(option, value, allowed)
  }) as Check<number>,
  weight: integer(1, 'an integer from 1 to 2147483647'),
  key: text,
} satisfies Checks

const WITH = { ...SUBMIT, ...POLICY } satisfies Checks
const MAP = { ...SUBMIT, ordered: boolean } satisfies Checks
const LEASE = {
  signal: SUBMIT.signal,
  waitTimeout: SUBMIT.waitTimeout,
  priority: SUBMIT.priority,
  key: SUBMIT.key,
} satisfies Checks
const GET = { timeout: milliseconds(ms, MS), signal: abortSignal } satisfies Checks
const CLOSE = { ...GET, abort: boolean } satisfies Checks

/** The options of every kind of pool, checked, with every default in place. */
export interface BaseSettings extends SchedulingSettings, ObservingSettings {
  readonly name: string
  /** If the pool is shared. */
  readonly agreement: Agreement | undefined
  /** 0 = unbounded. */
  readonly size: number
  /** Milliseconds; 0 = idle workers stay. */
  readonly expiry: number
  readonly preAlloc: boolean
  readonly nonblocking: boolean
  readonly maxBlockingTasks: number
  readonly measure: boolean
  readonly panicHandler: PoolOptions['panicHandler']
  readonly logger: Logger
  readonly signal: AbortSignal | undefined
}

/** Pool options, checked, with every default in place. */
export interface PoolSettings<R> extends BaseSettings, ResourceSettings<R> {
  readonly defaults: Terms<SubmitChecked> | undefined
}

let unnamed = 0

/** What a pool without a name is called. */
export const nextName = () => `pool-${++unnamed}`

const readPoolOptions = reader('the options of Pool.create', POOL)

export const checkPoolOptions = <R>(options: unknown): PoolSettings<R> => toSettings(readPoolOptions(options))

/** The settings that checked options come to; throws if they contradict each other. */
export function toSettings<R>(given: Checked<typeof POOL>): PoolSettings<R> {
  const size = given.size ?? 256
  if (given.preAlloc && size === 0) throw outOfRange('size', Infinity, 'bounded with preAlloc')
  if (given.preAlloc && size > LARGEST_ALLOCATION) throw outOfRange('size', size, 'at most 16777216 with preAlloc')
  const resource = toResourceSettings<R>(given, size)
  if (given.shared && given.name === undefined) throw misuse('shared needs a name, by which isolates find the pool')
  if (given.shared && given.init !== undefined) {
    throw misuse('init is not possible with shared: a resource belongs to one isolate, and a shared worker serves all')
  }
  const stays = given.disablePurge || given.expiry === Infinity
  const { preAlloc = false, nonblocking = false, maxBlockingTasks = 0, measure = false } = given
  const expiry = stays ? 0 : (given.expiry ?? 1_000)
  const core = { size, expiry, preAlloc, nonblocking, maxBlockingTasks, measure }
  const scheduling = schedulingOf(given, maxBlockingTasks)
  return {
    ...core,
    ...scheduling,
    ...observingOf(given),
    name: given.name ?? nextName(),
    agreement: given.shared ? toAgreement(given, { ...asGiven(core), ...agreedScheduling(scheduling) }) : undefined,
    panicHandler: given.panicHandler,
    logger: given.logger ?? consoleLogger,
    signal: given.signal,
    defaults: given.defaults,
    ...resource,
  }
}

type CoreSettings = Pick<
  PoolSettings<never>,
  'size' | 'expiry' | 'preAlloc' | 'nonblocking' | 'maxBlockingTasks' | 'measure'
>

/** The options as users write them, for whom 0 is not "no limit"; `disablePurge` before `expiry`, over which it wins. */
const asGiven = ({ size, expiry, ...rest }: CoreSettings) => ({
  size: size || Infinity,
  disablePurge: expiry === 0,
  expiry: expiry || Infinity,
  ...rest,
})

export const checkSubmitOptions = reader('the options of the task', SUBMIT)
const readDefaults = reader('defaults', WITH)
const readWithOptions = reader('the options of with', WITH)
export const checkWithOptions = (options: unknown): Terms<SubmitChecked> =>
  termsOf(readWithOptions(options), NO_SUBMIT_OPTIONS)
export type SubmitChecked = ReturnType<typeof checkSubmitOptions>
export const NO_SUBMIT_OPTIONS = checkSubmitOptions(undefined)
export const checkMapOptions = reader('the options of map', MAP)
export const checkLeaseOptions = reader('the options of lease', LEASE)
export const checkVacancyOptions = reader('the options of vacancy', { signal: abortSignal })
export const checkGetOptions = reader('the options of get', GET)
export const checkPriority = (value: unknown) => SUBMIT.priority(value, 'priority')
const readCloseOptions = reader('the options of close', CLOSE)
export function checkCloseOptions(options: unknown): CloseOptions {
  const checked = readCloseOptions(options)
  if (checked.abort === true && checked.timeout === undefined) {
    throw misuse('abort needs timeout: it aborts what still runs when that time is up')
  }
  return checked
}
export const checkSize = (value: unknown) => size(value, 'size')
export const checkMilliseconds = (value: unknown) => milliseconds(ms, MS)(value, 'ms')

export function checkTask(task: unknown, what = 'task'): asserts task is () => unknown {
  if (typeof task !== 'function') throw wrongType(what, task, 'a function')
}

/** A list of what is iterable; `what` it is called. */
function listOf(items: unknown, what: string, of: string): unknown[] {
  if (Array.isArray(items)) return items
  const { [Symbol.iterator]: iterate } = Object(items)
  if (typeof items === 'string' || typeof iterate !== 'function') throw wrongType(what, items, `an iterable of ${of}`)
  return [...(items as Iterable<unknown>)]
}

/** The tasks of a batch. */
export function checkTasks(tasks: unknown): (() => unknown)[] {
  const list = listOf(tasks, 'tasks', 'functions')
  // Not `forEach`, which passes over holes.
  for (let index = 0; index < list.length; index++) {
    if (typeof list[index] !== 'function') throw wrongType(`tasks[${index}]`, list[index], 'a function')
  }
  return list as (() => unknown)[]
}

/** The arguments of a batch. */
export const checkArguments = (args: unknown): unknown[] => listOf(args, 'args', 'arguments')

export function checkItems(items: unknown): asserts items is Iterable<unknown> | AsyncIterable<unknown> {
  const { [Symbol.asyncIterator]: asyncOf, [Symbol.iterator]: of } = Object(items)
  if (typeof (asyncOf ?? of) !== 'function') throw wrongType('items', items, 'an iterable or an async iterable')
}
