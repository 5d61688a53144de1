/** The options of pools and tasks, and the one place where each is checked. */
import { misuse, outOfRange, wrongType } from '../base/errors.js'
import { type Logger, consoleLogger } from '../base/logger.js'
import { declareOptions, unknownOption } from './option-names.js'
import { relayOf } from '../base/relay.js'
import type { TaskInfo } from './task-info.js'

/**
 * Options that every pool takes. They are read once, from own properties. `undefined` means absent, `null` is an error, and so is
 * an unknown option. All times are in ms.
 */
export interface PoolOptions {
  /**
   * Label in errors, logs, `TaskInfo` and names of threads; with `shared` the key by which isolates find the pool. Not empty.
   * Default `pool-1`, `pool-2`, …
   */
  name?: string | undefined
  /**
   * Capacity: most live workers, and hence most closures that run at once. An integer from 1 to 2³¹ − 1, default 256;
   * `Infinity` or −1 = unbounded. Can be changed with `tune`.
   *
   * Of a `ThreadPool`: most live threads. Default: the processors that this process may use, container limits included; never
   * unbounded.
   */
  size?: number | undefined
  /**
   * How long an idle worker is kept, in ms, counted from when it went idle. Above 0, up to 2³¹ − 1; default 1,000, of a
   * `ThreadPool` 60,000; `Infinity` = `disablePurge`. It is retired no sooner than this and no later than twice this.
   */
  expiry?: number | undefined
  /** Idle workers stay until the pool is closed or shrinks. Wins over `expiry`. Default false. */
  disablePurge?: boolean | undefined
  /**
   * Reserve memory for `size` workers now. Not with an unbounded pool; `size` up to 2²⁴. Of a `ThreadPool`: start all threads now.
   * Default false.
   */
  preAlloc?: boolean | undefined
  /**
   * When full, reject with `PoolOverloadError` rather than wait. A worker that boots is room. Wins over `maxBlockingTasks`. Default
   * false.
   */
  nonblocking?: boolean | undefined
  /**
   * Most waiting tasks; beyond it `PoolOverloadError`. Those that workers which boot will take do not count. An integer from 0 to
   * 2³¹ − 1, default 0 = no bound.
   */
  maxBlockingTasks?: number | undefined
  /**
   * Called with the error of every task whose function threw or rejected, or whose thread died, before its promise settles; a
   * failure it has seen is never an `unhandledRejection`. Overloads, timeouts and aborts are not its business, but with `execute`
   * and `tryExecute`, which have no promise, every end without success is. If it throws or rejects itself, that is logged.
   *
   * ```js
   * const pool = Pool.create({ panicHandler: (error, { name, runMs }) => metrics.failed(name, runMs) })
   * ```
   */
  panicHandler?: ((error: unknown, task: TaskInfo) => unknown) | undefined
  /** Where the pool reports what no promise can carry. pino fits. Default: warnings and errors to the console, nothing else. */
  logger?: Logger | undefined
  /**
   * When it aborts the pool is released, and the signal of every running task aborts; their promises settle when they end. Aborted
   * from the start: the pool is born closed. A pool whose signal has aborted cannot be rebooted. Of a shared pool the signals of
   * this isolate's tasks abort.
   */
  signal?: AbortSignal | undefined
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
  shared?: boolean | undefined
}

/** What a worker holds between tasks: made when the worker starts, kept while it is idle, disposed of when it retires. */
export interface Resource<R> {
  /**
   * Makes the resource. The task waits for it, which counts as waiting; if it fails, one task rejects with its error, and the next
   * task tries again. It runs in the `AsyncLocalStorage` context of `create`, not in that of the task, which is over long before the
   * resource is.
   */
  init?: (() => R | PromiseLike<R>) | undefined
  /**
   * Disposes of the resource. The worker counts as running and busy until this has settled; a failure is logged as a warning. It
   * runs, as `init` does, in the `AsyncLocalStorage` context of `create`.
   */
  dispose?: ((resource: R) => unknown) | undefined
  /**
   * Most time that `dispose` may take, in ms from when the worker retires. Then its slot is free, and that is logged as a warning,
   * with the worker and the time; `close` and the like wait for it no longer, and when it settles after all is logged at debug only.
   * Above 0, up to 2³¹ − 1; default 30,000. Needs `dispose`.
   *
   * ```js
   * const pool = Pool.create({ init: () => connect(), dispose: (connection) => connection.end(), disposeTimeout: 5_000 })
   * ```
   */
  disposeTimeout?: number | undefined
  /** Asked after a task has thrown or rejected: whether the resource must not be used again. Throwing means yes. Default: no. */
  isBroken?: ((error: unknown, resource: R) => boolean) | undefined
}

/** Options of one task. */
export interface SubmitOptions {
  /**
   * Aborts the task, which rejects with `signal.reason` at once: one that waits never runs; one that runs sees its own signal abort.
   * A closure keeps its worker until it ends; a thread is ended if the task does not heed the signal within `grace`. Any number of
   * tasks may share a signal.
   */
  signal?: AbortSignal | undefined
  /**
   * Most time without a worker, in ms from the call, then `WaitTimeoutError`. From 0 to 2³¹ − 1; 0 = refuse rather than
   * wait. Waiting for a worker that boots counts. Default: no limit.
   */
  waitTimeout?: number | undefined
  /**
   * Most time of running, in ms from the call of the function (in a thread: from when the thread takes the task), then
   * `TaskTimeoutError`, and the task's own signal aborts with that error. Above 0, up to 2³¹ − 1. Default: no limit.
   */
  timeout?: number | undefined
  /**
   * Order among waiting tasks: lower goes first, first come first served within one. A safe integer from 0, or `high` = 0,
   * `normal` = 1, `low` = 2. Default 1. It does not age: a stream of high ones holds the low ones up.
   */
  priority?: number | 'high' | 'normal' | 'low' | undefined
}

/**
 * Options of `map`. Those of a task hold for the task of each item; `signal` aborts the map as a whole. `priority` and `waitTimeout`
 * also hold while the map waits for a worker before it pulls an item.
 */
export interface MapOptions extends SubmitOptions {
  /** Yield results in the order of their items, rather than as they finish. Default true. */
  ordered?: boolean | undefined
}

/** Options of `close`. */
export interface CloseOptions {
  /**
   * Most time, in ms from the call; then what still waits rejects with `PoolClosedError`, and `close` with `ReleaseTimeoutError`.
   * From 0 to 2³¹ − 1. Default: no limit.
   */
  timeout?: number | undefined
  /** When it aborts, what still waits rejects, as with `release`; `close` resolves when the busy workers end. */
  signal?: AbortSignal | undefined
}

/** Options of `vacancy`. */
export interface VacancyOptions {
  /** When it aborts, the wait ends, and `vacancy` rejects with its reason. */
  signal?: AbortSignal | undefined
}

export const LARGEST = 2 ** 31 - 1
const LARGEST_ALLOCATION = 2 ** 24
const PRIORITIES = { high: 0, normal: 1, low: 2 } as const

export type Check<T> = (value: unknown, option: string) => T
export type Checks = Record<string, Check<unknown>>
export type Checked<C extends Checks> = { [K in keyof C]?: ReturnType<C[K]> }

/** Reads a set of options through `checks`; `what` it is called. */
export function reader<C extends Checks>(what: string, checks: C): (options: unknown) => Checked<C> {
  const names = Object.keys(checks)
  declareOptions(what, names)
  // All are there: none that is left out is looked for on `Object.prototype`, where somebody may have put it.
  const none = Object.freeze(Object.fromEntries(names.map((name) => [name, undefined]))) as Checked<C>
  return (options) => (options === undefined ? none : read(options, what, checks, none))
}

/** Reads the own properties of `options` through `checks`; `undefined` means absent. */
function read<C extends Checks>(options: unknown, what: string, checks: C, none: Checked<C>): Checked<C> {
  const result: Record<string, unknown> = { ...none }
  if (typeof options !== 'object' || options === null) throw wrongType(what, options, 'an object')
  for (const option of Object.keys(options)) {
    const value = (options as Record<string, unknown>)[option]
    const check = Object.hasOwn(checks, option) ? checks[option] : undefined
    if (check === undefined) throw unknownOption(option, what, Object.keys(checks))
    if (value !== undefined) result[option] = check(value, option)
  }
  return result as Checked<C>
}

export const isNumber = (value: unknown, option: string, allowed: string): value is number => {
  if (typeof value !== 'number') throw wrongType(option, value, allowed)
  return true
}

export const integer =
  (smallest: number, allowed: string, largest = LARGEST): Check<number> =>
  (value, option) => {
    if (isNumber(value, option, allowed) && Number.isInteger(value) && value >= smallest && value <= largest)
      return value
    throw outOfRange(option, value, allowed)
  }

/** Milliseconds, rounded up to whole ones so that nothing comes early. */
export const milliseconds =
  (isAllowed: (ms: number) => boolean, allowed: string): Check<number> =>
  (value, option) => {
    if (isNumber(value, option, allowed) && isAllowed(value) && value <= LARGEST) return Math.ceil(value)
    throw outOfRange(option, value, allowed)
  }

export const functionOf: Check<(...args: never[]) => unknown> = (value, option) => {
  if (typeof value === 'function') return value as () => unknown
  throw wrongType(option, value, 'a function')
}

export const boolean: Check<boolean> = (value, option) => {
  if (typeof value === 'boolean') return value
  throw wrongType(option, value, 'a boolean')
}

export const text: Check<string> = (value, option) => {
  if (typeof value !== 'string') throw wrongType(option, value, 'a string')
  if (value === '') throw outOfRange(option, value, 'a string that is not empty')
  return value
}

/** Gives the relay of the signal, through which alone everything listens. */
const abortSignal: Check<AbortSignal> = (value, option) => {
  // Not `instanceof`: signals of other realms and of polyfills are as good.
  const signal = value as AbortSignal | null
  const isSignal = typeof signal === 'object' && signal !== null && typeof signal.aborted === 'boolean'
  if (isSignal && typeof signal.addEventListener === 'function') return relayOf(signal)
  throw wrongType(option, value, 'an AbortSignal')
}

const logger: Check<Logger> = (value, option) => {
  const methods = value as Record<string, unknown> | null
  const hasAll = (typeof methods === 'object' || typeof methods === 'function') && methods !== null
  if (hasAll && ['debug', 'info', 'warn', 'error'].every((method) => typeof methods[method] === 'function')) {
    return value as Logger
  }
  throw wrongType(option, value, 'an object with the methods debug, info, warn and error')
}

export const ms = (ms: number) => ms >= 0
export const MS = 'a number of ms from 0 to 2147483647'
const positiveMs = (ms: number) => ms > 0
const POSITIVE_MS = 'a number of ms above 0 and up to 2147483647'

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
  init: functionOf as Check<() => unknown>,
  dispose: functionOf as Check<(resource: unknown) => unknown>,
  disposeTimeout: milliseconds(positiveMs, POSITIVE_MS),
  isBroken: functionOf as Check<(error: unknown, resource: unknown) => boolean>,
} satisfies Checks

export const SUBMIT = {
  signal: abortSignal,
  waitTimeout: milliseconds(ms, MS),
  timeout: milliseconds(positiveMs, POSITIVE_MS),
  priority: ((value, option) => {
    const allowed = "a safe integer from 0, 'high', 'normal' or 'low'"
    if (typeof value !== 'string') return integer(0, allowed, Number.MAX_SAFE_INTEGER)(value, option)
    if (Object.hasOwn(PRIORITIES, value)) return PRIORITIES[value as keyof typeof PRIORITIES]
    throw outOfRange(option, value, allowed)
  }) as Check<number>,
} satisfies Checks

const MAP = { ...SUBMIT, ordered: boolean } satisfies Checks
const VACANCY = { signal: abortSignal } satisfies Checks
const CLOSE = { timeout: milliseconds(ms, MS), signal: abortSignal } satisfies Checks

// `disablePurge` comes before `expiry`, over which it wins.
const SHARED = ['size', 'disablePurge', 'expiry', 'preAlloc', 'nonblocking', 'maxBlockingTasks'] as const

/** Pool options, checked, with every default in place. */
export interface PoolSettings<R> {
  readonly name: string
  readonly isShared: boolean
  /** Which of the options that all faces of a shared pool must agree on were given. */
  readonly given: readonly (typeof SHARED)[number][]
  /** 0 = unbounded. */
  readonly size: number
  /** Milliseconds; 0 = idle workers stay. */
  readonly expiry: number
  readonly preAlloc: boolean
  readonly nonblocking: boolean
  readonly maxBlockingTasks: number
  readonly panicHandler: PoolOptions['panicHandler']
  readonly logger: Logger
  readonly signal: AbortSignal | undefined
  readonly init: Resource<R>['init']
  readonly dispose: Resource<R>['dispose']
  /** Milliseconds. */
  readonly disposeTimeout: number
  readonly isBroken: Resource<R>['isBroken']
}

/** Options that belong to a shared pool, not to one of its faces. */
export type SharedOptions = Pick<
  PoolSettings<never>,
  'size' | 'expiry' | 'preAlloc' | 'nonblocking' | 'maxBlockingTasks'
>

/** What a face says of the shared pool that it asks for. */
export type SharedSettings = SharedOptions & Pick<PoolSettings<never>, 'name' | 'given'>

/** Asserts that a pool that was made with `existing` is what these options ask for. */
export function checkAgreement(settings: SharedSettings, existing: SharedOptions): void {
  const [given, agreed] = [asGiven(settings), asGiven(existing)]
  for (const option of settings.given) {
    if (given[option] === agreed[option]) continue
    const { name } = settings
    throw misuse(`${option} is ${given[option]}, but the shared pool ${name} was made with ${option} ${agreed[option]}`)
  }
}

/** The shared options as users write them: 0 stands for no limit inside. */
const asGiven = ({ size, expiry, ...rest }: SharedOptions) => ({
  ...rest,
  size: size || Infinity,
  expiry: expiry || Infinity,
  disablePurge: expiry === 0,
})

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
  if (given.init === undefined && (given.dispose ?? given.isBroken) !== undefined) {
    throw misuse('dispose and isBroken need init, which makes the resource')
  }
  if (given.disposeTimeout !== undefined && given.dispose === undefined) {
    throw misuse('disposeTimeout needs init and dispose, whose time it limits')
  }
  const isShared = given.shared ?? false
  if (isShared && given.name === undefined) throw misuse('shared needs a name, by which isolates find the pool')
  if (isShared && given.init !== undefined) {
    throw misuse('init is not possible with shared: a resource belongs to one isolate, and a shared worker serves all')
  }
  const stays = given.disablePurge || given.expiry === Infinity
  return {
    isShared,
    given: SHARED.filter((option) => given[option] !== undefined),
    name: given.name ?? nextName(),
    size,
    expiry: stays ? 0 : (given.expiry ?? 1_000),
    preAlloc: given.preAlloc ?? false,
    nonblocking: given.nonblocking ?? false,
    maxBlockingTasks: given.maxBlockingTasks ?? 0,
    panicHandler: given.panicHandler,
    logger: given.logger ?? consoleLogger,
    signal: given.signal,
    init: given.init as Resource<R>['init'],
    dispose: given.dispose as Resource<R>['dispose'],
    disposeTimeout: given.disposeTimeout ?? 30_000,
    isBroken: given.isBroken as Resource<R>['isBroken'],
  }
}

export const checkSubmitOptions = reader('the options of the task', SUBMIT)
export const checkMapOptions = reader('the options of map', MAP)
export const checkVacancyOptions = reader('the options of vacancy', VACANCY)
export const checkCloseOptions = reader('the options of close', CLOSE)
export const checkSize = (value: unknown) => size(value, 'size')
export const checkMilliseconds = (value: unknown) => milliseconds(ms, MS)(value, 'ms')

export function checkTask(task: unknown): asserts task is () => unknown {
  if (typeof task !== 'function') throw wrongType('task', task, 'a function')
}

export function checkItems(items: unknown): asserts items is Iterable<unknown> | AsyncIterable<unknown> {
  const { [Symbol.asyncIterator]: asyncOf, [Symbol.iterator]: of } = Object(items)
  if (typeof (asyncOf ?? of) !== 'function') throw wrongType('items', items, 'an iterable or an async iterable')
}
