/** The options of thread pools and their tasks, and the one place where each is checked. */
import { Buffer } from 'node:buffer'
import { isAbsolute } from 'node:path'
import { URL as PlatformURL, pathToFileURL } from 'node:url'
import { inspect, isDeepStrictEqual } from 'node:util'
import type { Worker, WorkerOptions } from 'node:worker_threads'

import { misuse, outOfRange, wrongType } from '../base/errors.js'
import { structuredClone } from '../base/intrinsics.js'
import { type Logger, consoleLogger } from '../base/logger.js'
import { type ErrorClass, isErrorClass } from '../wire/payload/error-classes.js'
import {
  type Check,
  type Checks,
  LARGEST,
  MS,
  type MapOptions,
  POOL,
  type PoolOptions,
  SUBMIT,
  type SubmitOptions,
  boolean,
  functionOf,
  integer,
  isNumber,
  milliseconds,
  ms,
  nextName,
  reader,
  text,
} from './options.js'
import type { Transferable } from '../base/transferable.js'

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
  filename: string | URL
  /**
   * Most tasks that one thread has at once: async ones overlap, synchronous ones cannot. A thread of its own comes first. An integer
   * from 1 to 2³¹ − 1, default 1.
   */
  concurrency?: number | undefined
  /**
   * So many threads are not purged, and replaced when they die; they start when first needed. An integer from 0 to `size`, default
   * 0; `tune` below it wins.
   */
  minSize?: number | undefined
  /**
   * Most time that a task may run on after it was aborted or timed out; then its thread is ended and replaced. In ms from the abort,
   * from 0 to 2³¹ − 1, default 100. Other tasks of that thread (`concurrency`) get as long again, then they reject with
   * `WorkerCrashedError`. Raise it for tasks that clean up; it does not delay the rejection.
   */
  grace?: number | undefined
  /**
   * Replace a thread, between tasks, after so many `tasks` (an integer from 1), or once the heap that it uses is above `heapMb` MiB
   * (a number above 0), looked at after each task. Default: never.
   */
  recycle?: { tasks?: number | undefined; heapMb?: number | undefined } | undefined
  /** As `new Worker`: environment variables of the threads, or `SHARE_ENV`. Default: a copy of this isolate's. */
  env?: WorkerOptions['env']
  /** As `new Worker`: appended to `process.argv` of the threads. */
  argv?: WorkerOptions['argv']
  /** As `new Worker`: options of Node for the threads. Default: this isolate's. */
  execArgv?: WorkerOptions['execArgv']
  /** As `new Worker`. A thread that reaches its limit ends, and its tasks reject with `WorkerCrashedError`. */
  resourceLimits?: WorkerOptions['resourceLimits']
  /** What `workerData` of `workpool/worker` and of `node:worker_threads` gives in the threads; cloned for each. */
  workerData?: unknown
  /**
   * As `new Worker`; for `createWorker`, which holds the `Worker` whose `stdout` it is. Once something has come by it, Node keeps the
   * process until that thread ends.
   */
  stdout?: boolean | undefined
  /** As `new Worker`; for `createWorker`, which holds the `Worker` whose `stderr` it is. */
  stderr?: boolean | undefined
  /** As `new Worker`: close at its end what a thread has opened with `fs.open` and not closed. Default: Node's, true. */
  trackUnmanagedFds?: boolean | undefined
  /**
   * Classes of errors to rebuild when tasks throw them: found by name along the prototype chain of what was thrown, made without
   * calling the constructor. Other classes arrive as the nearest built-in one, with their name, `code` and properties.
   *
   * ```js
   * ThreadPool.create({ filename, errors: [ValidationError] })
   * ```
   */
  errors?: readonly (abstract new (...args: never[]) => Error)[] | undefined
  /**
   * Makes a thread, for bundlers that must see `new Worker(new URL(…))`, and for those who want the `Worker`. It is given the file
   * that threads begin with, and must hand the options on, and return the `Worker`. A file of one's own imports `workpool/worker` before anything else. One that has
   * not done so in 5 s is ended; that, and whatever else it returns, rejects tasks with a `WorkerStartError` that says what is wrong.
   *
   * ```js
   * ThreadPool.create({ filename, createWorker: (url, options) => new Worker(url, options) })
   * ```
   */
  createWorker?: ((url: URL, options: WorkerOptions) => Worker) | undefined
}

/** Options of `map` of a thread pool: those of `run` but `transfer`, and `ordered`. */
export interface MapRunOptions extends MapOptions {
  /** The export to call; default: the default export. */
  name?: string | undefined
}

/** Options of one task of a thread pool. */
export interface RunOptions extends SubmitOptions {
  /** The export to call; default: the default export. */
  name?: string | undefined
  /**
   * What of the argument is moved rather than cloned: `ArrayBuffer`s, `MessagePort`s and so on. Gone once the task is accepted,
   * however it ends; untouched if it is refused or cannot be cloned. From an isolate that does not own the threads of a shared pool:
   * `ArrayBuffer`s only, which are copied, then detached.
   */
  transfer?: readonly Transferable[] | undefined
}

const RUN = {
  ...SUBMIT,
  name: text,
  transfer: ((value, option) => {
    if (Array.isArray(value)) return value as Transferable[]
    throw wrongType(option, value, 'an array')
  }) as Check<Transferable[]>,
} satisfies Checks

const MAP_RUN = { ...SUBMIT, name: text, ordered: boolean } satisfies Checks
const RECYCLE = {
  tasks: integer(1, 'an integer from 1 to 2147483647'),
  heapMb: ((value, option) => {
    const allowed = 'a number of MiB above 0'
    if (isNumber(value, option, allowed) && value > 0 && value <= LARGEST) return value
    throw outOfRange(option, value, allowed)
  }) as Check<number>,
} satisfies Checks

const readRecycle = reader('recycle', RECYCLE)

/** Not by `instanceof`: test environments have URLs of their own. Only a URL has both, as Node tells it, too. */
const isUrl = (value: unknown): value is URL => {
  const { href, protocol } = (typeof value === 'object' && value !== null ? value : {}) as {
    [K in keyof URL]?: unknown
  }
  return typeof href === 'string' && typeof protocol === 'string'
}

/** What `new Worker` checks itself, and says so when the first thread starts. */
const asIs: Check<unknown> = (value) => value

const THREADS = {
  name: POOL.name,
  size: integer(1, 'an integer from 1 to 2147483647; a thread pool is never unbounded'),
  expiry: POOL.expiry,
  disablePurge: POOL.disablePurge,
  preAlloc: POOL.preAlloc,
  nonblocking: POOL.nonblocking,
  maxBlockingTasks: POOL.maxBlockingTasks,
  panicHandler: POOL.panicHandler,
  logger: POOL.logger,
  signal: POOL.signal,
  shared: POOL.shared,
  filename: ((value, option) => {
    const allowed = 'an absolute path or a file: URL'
    // Not `instanceof`: a test environment has URLs of its own.
    const text = isUrl(value) ? value.href : value
    if (typeof text !== 'string') throw wrongType(option, value, allowed)
    if (text.startsWith('file:')) return new PlatformURL(text).href
    if (isAbsolute(text)) return pathToFileURL(text).href
    throw outOfRange(option, text, allowed)
  }) as Check<string>,
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
    if (value.every(isErrorClass)) return value as ErrorClass[]
    throw outOfRange(option, value, allowed)
  }) as Check<ErrorClass[]>,
  createWorker: functionOf as Check<NonNullable<ThreadOptions['createWorker']>>,
} satisfies Checks

/** What threads are made with. */
export interface CrewSettings {
  readonly name: string
  readonly filename: string
  readonly recycle: { readonly tasks: number; readonly heapBytes: number }
  readonly workerData: unknown
  /** As `new Worker` takes them. */
  readonly worker: WorkerOptions
  readonly createWorker: ((url: URL, options: WorkerOptions) => Worker) | undefined
}

/** Options of a thread pool, checked, with every default in place. */
export interface ThreadPoolSettings {
  readonly name: string
  readonly size: number
  /** Milliseconds; 0 = idle threads stay. */
  readonly expiry: number
  readonly preAlloc: boolean
  readonly nonblocking: boolean
  readonly maxBlockingTasks: number
  readonly panicHandler: PoolOptions['panicHandler']
  readonly logger: Logger
  readonly signal: AbortSignal | undefined
  /** If it is shared. */
  readonly agreement: Agreement | undefined
  readonly errors: readonly ErrorClass[]
  readonly concurrency: number
  readonly minSize: number
  readonly grace: number
  readonly crew: CrewSettings
}

export type RunChecked = ReturnType<typeof checkRunOptions>
export const checkMapRunOptions = reader('the options of map', MAP_RUN)
export const checkRunOptions = reader('the options of the task', RUN)
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
  } = given
  const expiry = stays ? 0 : (given.expiry ?? 60_000)
  const recycle = { tasks: given.recycle?.tasks ?? 0, heapMb: given.recycle?.heapMb ?? 0 }
  const core = { size, expiry, preAlloc, nonblocking, maxBlockingTasks, concurrency, minSize, grace }
  const agreed = {
    ...core,
    expiry: expiry || Infinity,
    disablePurge: stays ?? false,
    filename,
    recycle,
    workerData: given.workerData,
    ...worker,
  }
  return {
    ...core,
    name,
    panicHandler: given.panicHandler,
    logger: given.logger ?? consoleLogger,
    signal: given.signal,
    agreement: given.shared ? toAgreement(given, agreed) : undefined,
    errors: given.errors ?? [],
    crew: {
      name,
      filename,
      recycle: { tasks: recycle.tasks, heapBytes: recycle.heapMb * 2 ** 20 },
      workerData: given.workerData,
      worker,
      createWorker: given.createWorker,
    },
  }
}

/** What isolates that share a thread pool must agree on. */
export interface Agreement {
  /** The options that were given, as users write them. */
  readonly given: Readonly<Record<string, unknown>>
  /** All of them, as the other isolates read them. */
  readonly text: string
}

function toAgreement(given: Record<string, unknown>, agreed: Record<string, unknown>): Agreement {
  const texts = Object.entries(agreed).map(([option, value]) => [option, textOf(value)])
  const isGiven = ([option]: [string, unknown]): boolean => given[option] !== undefined
  return {
    given: Object.fromEntries(Object.entries(agreed).filter(isGiven)),
    text: JSON.stringify(Object.fromEntries(texts)),
  }
}

/** Only shared pools need it. */
const v8 = () => require('node:v8') as typeof import('node:v8')

/** What cannot be brought to another isolate equals nothing there. */
function textOf(value: unknown): string | null {
  if (typeof value === 'symbol') return String(value)
  try {
    return v8().serialize(value).toString('base64')
  } catch {
    return null
  }
}

/** Asserts that a pool that was made with options of this `text` is what `agreement` asks for. */
export function checkAgreement(name: string, { given, text }: Agreement, existing: string): void {
  const mine = JSON.parse(text) as Record<string, string | null>
  const theirs = JSON.parse(existing) as Record<string, string | null>
  for (const option of Object.keys(given)) {
    const [own, other] = [mine[option] ?? null, theirs[option] ?? null]
    if (own !== null && own === other) continue
    const agreed =
      other === null || other.startsWith('Symbol(')
        ? other
        : (v8().deserialize(Buffer.from(other, 'base64')) as unknown)
    if (own !== null && isDeepStrictEqual(given[option], agreed)) continue
    throw misuse(
      `${option} is ${inspect(given[option])}, but the shared pool ${name} was made with ${option} ${inspect(agreed)}`,
    )
  }
}

export const checkThreadSize = (value: unknown) => THREADS.size(value, 'size')
