/** The options of thread pools and their tasks, and the one place where each is checked. */
import type { Worker, WorkerOptions } from 'node:worker_threads'

import { toAgreement } from './agreement.js'
import { type Carrier, type CheckedCarrier, carriers } from './carry-options.js'
import { defaultCarriers } from './default-carriers.js'
import { misuse, outOfRange, wrongType } from '../base/errors.js'
import { structuredClone } from '../base/intrinsics.js'
import { consoleLogger } from '../base/logger.js'
import type { ErrorClass } from '../wire/payload/error-classes.js'
import { rare } from '../wire/rarely.js'
import {
  type Check,
  type Checks,
  LARGEST,
  MS,
  boolean,
  functionOf,
  integer,
  isNumber,
  milliseconds,
  ms,
  reader,
  text,
} from './checks.js'
import { moduleUrl } from './module-url.js'
import { type BaseSettings, type MapOptions, EVERY_POOL, SUBMIT, type SubmitOptions, nextName } from './options.js'
import { OBSERVING, observingOf } from './observing-options.js'
import {
  DEAD_LETTERS,
  type DeadLetterOptions,
  POLICY,
  type PolicyOptions,
  type Terms,
  termsOf,
} from './policy-options.js'
import { SCHEDULING, agreedScheduling, schedulingOf } from './scheduling-options.js'
import type { Transferable } from '../base/transferable.js'

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
  filename: string | URL
  /**
   * The largest number of tasks that one thread has at once. Asynchronous tasks overlap, synchronous ones cannot. As
   * long as threads are free or can be started, each task gets one of its own. An integer from 1 to 2³¹ − 1, default 1.
   */
  concurrency?: number | undefined
  /**
   * So many threads stay, however long they are idle, and are replaced when they die. They start when they are first
   * needed. An integer from 0 to `size`, default 0. A capacity below it, set by `tune`, wins.
   */
  minSize?: number | undefined
  /**
   * How long a task may run on after it was aborted or timed out, in ms from the abort. After that its thread is ended
   * and replaced. Other tasks of that thread (`concurrency`) get the same time again; after that they reject with
   * `WorkerCrashedError`. Raise `grace` for tasks that clean up; the promise of the task does not wait for it. From 0
   * to 2³¹ − 1, default 100.
   */
  grace?: number | undefined
  /**
   * Replaces a thread between two tasks: after so many `tasks` (an integer from 1), or when it uses more than `heapMb`
   * MiB of heap (a number above 0; the pool looks after each task). Default: never.
   */
  recycle?: { tasks?: number | undefined; heapMb?: number | undefined } | undefined
  /**
   * As in `new Worker`: the environment variables of the threads, or `SHARE_ENV`. Default: a copy of those of this
   * isolate.
   */
  env?: WorkerOptions['env']
  /** As in `new Worker`: is appended to `process.argv` of the threads. */
  argv?: WorkerOptions['argv']
  /** As in `new Worker`: the options of Node for the threads. Default: those of this isolate. */
  execArgv?: WorkerOptions['execArgv']
  /** As in `new Worker`. A thread that reaches a limit ends, and its tasks reject with `WorkerCrashedError`. */
  resourceLimits?: WorkerOptions['resourceLimits']
  /**
   * What the threads get as `workerData`, from `workpool/worker` and from `node:worker_threads`. Each thread gets a
   * clone.
   */
  workerData?: unknown
  /**
   * As in `new Worker`. It is of use with `createWorker`, which has the `Worker` whose `stdout` it is. Once a thread
   * has printed something, Node keeps the process alive until that thread ends.
   */
  stdout?: boolean | undefined
  /** As in `new Worker`. It is of use with `createWorker`, which has the `Worker` whose `stderr` it is. */
  stderr?: boolean | undefined
  /**
   * As in `new Worker`: when a thread ends, Node closes the files that it has opened with `fs.open` and not closed.
   * Default: true, as in Node.
   */
  trackUnmanagedFds?: boolean | undefined
  /**
   * Classes of errors to build again here when tasks throw them. The class is found by its name in the prototype chain
   * of the error, and its constructor is not called. An error of any other class arrives as the nearest built-in class,
   * with its name, `code` and properties.
   *
   * ```js
   * ThreadPool.create({ filename, errors: [ValidationError] })
   * ```
   */
  errors?: readonly (abstract new (...args: never[]) => Error)[] | undefined
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
  carry?: readonly Carrier[] | undefined
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
  createWorker?: ((url: URL, options: WorkerOptions) => Worker) | undefined
  /** As the option `defaults` of every pool, and with the `name` of the export. A task of a thread has no weight. */
  defaults?: (WithOptions & PolicyOptions & DeadLetterOptions & { weight?: undefined }) | undefined
}

/** Options of `map` of a thread pool: those of `run` without `transfer`, and `ordered`. */
export interface MapRunOptions extends Omit<MapOptions, 'weight'> {
  /** The export to call. Default: the default export. */
  name?: string | undefined
}

/** Options of one task of a thread pool. */
export interface RunOptions extends Omit<SubmitOptions, 'weight'> {
  /** The export to call. Default: the default export. */
  name?: string | undefined
  /**
   * What of the argument is moved instead of cloned: `ArrayBuffer`s, `MessagePort`s and so on. It is gone from here
   * once the task is accepted, however the task ends, and stays untouched if the task is refused or the argument cannot
   * be cloned. A guest of a shared pool can move only `ArrayBuffer`s, which are copied and then detached.
   */
  transfer?: readonly Transferable[] | undefined
  /**
   * Is called with what the task tells of its progress, by `currentTask().progress(value)`: with the newest value at
   * the time, so not with every one, and with the last one before the promise settles. It is not called after that. It
   * runs in the async context of the call. What it throws or rejects with is logged.
   *
   * ```js
   * await pool.run(paths, { name: 'pack', onProgress: ({ done, of }) => console.log(`${done} of ${of}`) })
   * ```
   */
  onProgress?: ((value: any) => unknown) | undefined
}

/** Hears how far a task has come. */
export type OnProgress = NonNullable<RunOptions['onProgress']>

/** Options for every call of an export: those of `run`, without `transfer`. */
export type WithOptions = Omit<RunOptions, 'transfer'>

/** Options of `runAll`: those of `run` for each task, but for what they move and tell. */
export interface RunAllOptions extends Omit<RunOptions, 'transfer' | 'onProgress'> {
  /**
   * Says of each argument what of it is moved instead of cloned, as `transfer` of `run` does. It is called with the
   * argument and its place. What is moved is gone from here once the batch is accepted and all other arguments have been
   * cloned.
   *
   * ```js
   * const thumbnails = await pool.runAll(images, { transfer: (image) => [image.buffer] })
   * ```
   */
  transfer?: ((argument: any, index: number) => readonly Transferable[] | undefined) | undefined
}

/** Options of `stream`: those of `run`, and how far its generator may be ahead. */
export interface StreamOptions extends RunOptions {
  /**
   * So many chunks may be on their way: the generator has given them, and you have not taken them. With that many it
   * stops until you take the next one. An integer from 1 to 2³¹ − 1, default 16.
   */
  highWaterMark?: number | undefined
}

/** A thread is one worker, whatever its task needs, so a task has no weight. */
const { weight: _, ...OF_TASK } = SUBMIT

export const RUN = {
  ...OF_TASK,
  name: text,
  transfer: ((value, option) => {
    if (Array.isArray(value)) return value as Transferable[]
    throw wrongType(option, value, 'an array')
  }) as Check<Transferable[]>,
  onProgress: functionOf as Check<OnProgress>,
} satisfies Checks

const STREAM = { ...RUN, highWaterMark: integer(1, 'an integer from 1 to 2147483647') } satisfies Checks

/** What `transfer` of `runAll` says of the argument at this place. */
export function checkTransfer(list: unknown, index: number): readonly Transferable[] | undefined {
  if (list === undefined || Array.isArray(list)) return list as Transferable[] | undefined
  throw wrongType(`the result of transfer for args[${index}]`, list, 'an array')
}

const RUN_ALL = {
  ...OF_TASK,
  name: text,
  transfer: functionOf as Check<NonNullable<RunAllOptions['transfer']>>,
} satisfies Checks

const WITH_RUN = { ...OF_TASK, name: text, onProgress: RUN.onProgress, ...POLICY, ...DEAD_LETTERS } satisfies Checks
const MAP_RUN = { ...OF_TASK, name: text, ordered: boolean } satisfies Checks
const RECYCLE = {
  tasks: integer(1, 'an integer from 1 to 2147483647'),
  heapMb: ((value, option) => {
    const allowed = 'a number of MiB above 0'
    if (isNumber(value, option, allowed) && value > 0 && value <= LARGEST) return value
    throw outOfRange(option, value, allowed)
  }) as Check<number>,
} satisfies Checks

const readRecycle = reader('recycle', RECYCLE)

/** What `new Worker` checks itself, and says so when the first thread starts. */
const asIs: Check<unknown> = (value) => value

/** The options of every thread pool. */
export const THREADS = {
  ...EVERY_POOL,
  size: integer(1, 'an integer from 1 to 2147483647; a thread pool is never unbounded'),
  defaults: ((value) => runTermsOf(readDefaults(value))) as Check<Terms<RunChecked>>,
  ...OBSERVING,
  ...SCHEDULING,
  filename: moduleUrl,
  carry: carriers,
  concurrency: integer(1, 'an integer from 1 to 2147483647'),
  minSize: integer(0, 'an integer from 0 to size'),
  grace: milliseconds(ms, MS),
  recycle: ((value) => readRecycle(value)) as Check<{ tasks?: number; heapMb?: number }>,
  env: asIs,
  argv: asIs,
  execArgv: asIs,
  resourceLimits: asIs,
  workerData: asIs,
  stdout: boolean,
  stderr: boolean,
  trackUnmanagedFds: boolean,
  errors: ((value, option) => {
    const allowed = 'an array of error classes'
    if (!Array.isArray(value)) throw wrongType(option, value, allowed)
    if (value.every(rare().isErrorClass)) return value as ErrorClass[]
    throw outOfRange(option, value, allowed)
  }) as Check<ErrorClass[]>,
  createWorker: functionOf as Check<NonNullable<ThreadOptions['createWorker']>>,
} satisfies Checks

/** What threads are made with. */
export interface ThreadSettings {
  readonly name: string
  readonly filename: string
  /** The modules of the carriers. */
  readonly carry: readonly string[]
  readonly recycle: { readonly tasks: number; readonly heapBytes: number }
  readonly workerData: unknown
  /** As `new Worker` takes them. */
  readonly worker: WorkerOptions
  readonly createWorker: ((url: URL, options: WorkerOptions) => Worker) | undefined
}

/** Options of a thread pool, checked, with every default in place. */
export interface ThreadPoolSettings extends BaseSettings {
  readonly errors: readonly ErrorClass[]
  readonly carry: readonly CheckedCarrier[]
  readonly concurrency: number
  readonly minSize: number
  readonly grace: number
  readonly threads: ThreadSettings
  readonly defaults: Terms<RunChecked> | undefined
}

export type RunChecked = ReturnType<typeof checkRunOptions>
export const checkMapRunOptions = reader('the options of map', MAP_RUN)
export const checkRunOptions = reader('the options of the task', RUN)
export const checkStreamOptions = reader('the options of stream', STREAM)
export const checkRunAllOptions = reader('the options of runAll', RUN_ALL)
export const NO_RUN_OPTIONS = checkRunOptions(undefined)
const readDefaults = reader('defaults', WITH_RUN)
const readWithOptions = reader('the options of with', WITH_RUN)

function runTermsOf(given: ReturnType<typeof readWithOptions>): Terms<RunChecked> {
  // Every option of a call is there, so that none is looked for on `Object.prototype`.
  return termsOf({ ...given, transfer: undefined }, NO_RUN_OPTIONS)
}
export const checkWithRunOptions = (options: unknown): Terms<RunChecked> => runTermsOf(readWithOptions(options))
const readThreadOptions = reader('the options of ThreadPool.create', THREADS)

/** `parallelism`: the default of `size`. */
export function checkThreadOptions(options: unknown, parallelism: () => number): ThreadPoolSettings {
  const given = readThreadOptions(options)
  const { filename, env, argv, execArgv, resourceLimits, stdout, stderr, trackUnmanagedFds } = given
  if (filename === undefined) throw misuse('filename is missing: the absolute path or file: URL of the task module')
  const size = given.size ?? parallelism()
  if (given.minSize !== undefined && given.minSize > size)
    throw outOfRange('minSize', given.minSize, `at most size, ${size}`)
  const stays = given.disablePurge || given.expiry === Infinity
  const name = given.name ?? nextName()
  const worker = Object.fromEntries(
    Object.entries({ env, argv, execArgv, resourceLimits, stdout, stderr, trackUnmanagedFds }).filter(
      ([, value]) => value !== undefined,
    ),
  ) as WorkerOptions
  if (given.shared && given.name === undefined) throw misuse('shared needs a name, by which isolates find the pool')
  // What cannot be cloned is found here, and not by every thread anew.
  if (given.workerData !== undefined) structuredClone(given.workerData)
  const {
    preAlloc = false,
    nonblocking = false,
    maxBlockingTasks = 0,
    concurrency = 1,
    minSize = 0,
    grace = 100,
    measure = false,
  } = given
  const expiry = stays ? 0 : (given.expiry ?? 60_000)
  const recycle = { tasks: given.recycle?.tasks ?? 0, heapMb: given.recycle?.heapMb ?? 0 }
  const core = { size, expiry, preAlloc, nonblocking, maxBlockingTasks, concurrency, minSize, grace, measure }
  const scheduling = schedulingOf(given, maxBlockingTasks)
  const carry = [...defaultCarriers(), ...(given.carry ?? [])]
  const modules = carry.map(({ module }) => module)
  const agreed = {
    ...core,
    ...agreedScheduling(scheduling),
    expiry: expiry || Infinity,
    disablePurge: stays ?? false,
    filename,
    carry: modules,
    recycle,
    workerData: given.workerData,
    ...worker,
  }
  return {
    ...core,
    ...scheduling,
    ...observingOf(given),
    name,
    panicHandler: given.panicHandler,
    logger: given.logger ?? consoleLogger,
    signal: given.signal,
    defaults: given.defaults,
    agreement: given.shared ? toAgreement(given, agreed) : undefined,
    errors: given.errors ?? [],
    carry,
    threads: {
      name,
      filename,
      carry: modules,
      recycle: { tasks: recycle.tasks, heapBytes: recycle.heapMb * 2 ** 20 },
      workerData: given.workerData,
      worker,
      createWorker: given.createWorker,
    },
  }
}

export const checkThreadSize = (value: unknown) => THREADS.size(value, 'size')
