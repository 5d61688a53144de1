/** The options of thread pools and their tasks, and the one place where each is checked. */
import { availableParallelism } from 'node:os'
import { isAbsolute } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { TransferListItem, Worker, WorkerOptions } from 'node:worker_threads'

import { misuse, outOfRange, wrongType } from './errors.js'
import { type Logger, consoleLogger } from './logger.js'
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
  read,
  text,
} from './options.js'
import type { CrewSettings } from './threads/crew.js'

/** Options of a thread pool beside those of every pool. */
export interface ThreadOptions {
  /**
   * The task module: an absolute path or a `file:` URL. CommonJS or ESM; `.ts` where the runtime strips types, else through
   * `execArgv`. Its exported functions are the tasks. A missing file is found by the first thread.
   */
  filename: string | URL
  /** Most tasks that one thread has at once: async ones overlap. An integer from 1, default 1. */
  concurrency?: number | undefined
  /** So many threads are not purged; they start when first needed. An integer from 0 to `size`, default 0. */
  minSize?: number | undefined
  /** Most time, in ms, that a task which was aborted or timed out may run on before its thread is ended. ≥ 0, default 100. */
  grace?: number | undefined
  /** Replace a thread, between tasks, after so many `tasks`, or once its heap is above `heapMb` MiB. */
  recycle?: { tasks?: number | undefined; heapMb?: number | undefined } | undefined
  /** As `new Worker`. */
  env?: WorkerOptions['env']
  /** As `new Worker`. */
  argv?: WorkerOptions['argv']
  /** As `new Worker`. */
  execArgv?: WorkerOptions['execArgv']
  /** As `new Worker`. */
  resourceLimits?: WorkerOptions['resourceLimits']
  /** What `workerData` gives in the threads. */
  workerData?: unknown
  /** As `new Worker`. */
  stdout?: boolean | undefined
  /** As `new Worker`. */
  stderr?: boolean | undefined
  /** As `new Worker`. */
  trackUnmanagedFds?: boolean | undefined
  /** Classes of errors to rebuild when tasks throw them: found by name, made without calling the constructor. */
  errors?: readonly (abstract new (...args: never[]) => Error)[] | undefined
  /** For bundlers that must see `new Worker(new URL(…))`. A file of one's own imports 'workpool/worker' before anything else. */
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
  /** What of the argument is moved rather than cloned. */
  transfer?: readonly TransferListItem[] | undefined
}

const RUN = {
  ...SUBMIT,
  name: text,
  transfer: ((value, option) => {
    if (Array.isArray(value)) return value as TransferListItem[]
    throw wrongType(option, value, 'an array')
  }) as Check<TransferListItem[]>,
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
  filename: ((value, option) => {
    const allowed = 'an absolute path or a file: URL'
    if (typeof value !== 'string' && !(value instanceof URL)) throw wrongType(option, value, allowed)
    const text = String(value)
    if (text.startsWith('file:')) return new URL(text).href
    if (isAbsolute(text)) return pathToFileURL(text).href
    throw outOfRange(option, text, allowed)
  }) as Check<string>,
  concurrency: integer(1, 'an integer from 1 to 2147483647'),
  minSize: integer(0, 'an integer from 0 to size'),
  grace: milliseconds(ms, MS),
  recycle: ((value) => read(value, 'recycle', RECYCLE)) as Check<{ tasks?: number; heapMb?: number }>,
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
    const isErrorClass = (item: unknown) => typeof item === 'function' && item.prototype instanceof Error
    if (value.every(isErrorClass)) return value as ErrorClass[]
    throw outOfRange(option, value, allowed)
  }) as Check<ErrorClass[]>,
  createWorker: functionOf as Check<NonNullable<ThreadOptions['createWorker']>>,
} satisfies Checks

type ErrorClass = abstract new (...args: never[]) => Error

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
  readonly concurrency: number
  readonly minSize: number
  readonly grace: number
  readonly crew: CrewSettings
}

export type RunChecked = ReturnType<typeof checkRunOptions>
export const checkMapRunOptions = (options: unknown) => read(options, 'the options of map', MAP_RUN)
export const checkRunOptions = (options: unknown) => read(options, 'the options of the task', RUN)

export function checkThreadOptions(options: unknown): ThreadPoolSettings {
  const given = read(options, 'the options of ThreadPool.create', THREADS)
  const { filename, env, argv, execArgv, resourceLimits, stdout, stderr, trackUnmanagedFds } = given
  if (filename === undefined) throw misuse('filename is missing: the absolute path or file: URL of the task module')
  const size = given.size ?? availableParallelism()
  if (given.minSize !== undefined && given.minSize > size) throw outOfRange('minSize', given.minSize, `at most size, ${size}`)
  const stays = given.disablePurge || given.expiry === Infinity
  const name = given.name ?? nextName()
  const worker = Object.fromEntries(
    Object.entries({ env, argv, execArgv, resourceLimits, stdout, stderr, trackUnmanagedFds }).filter(
      ([, value]) => value !== undefined,
    ),
  ) as WorkerOptions
  // What cannot be cloned is found here, and not by every thread anew.
  if (given.workerData !== undefined) structuredClone(given.workerData)
  return {
    name,
    size,
    expiry: stays ? 0 : (given.expiry ?? 60_000),
    preAlloc: given.preAlloc ?? false,
    nonblocking: given.nonblocking ?? false,
    maxBlockingTasks: given.maxBlockingTasks ?? 0,
    panicHandler: given.panicHandler,
    logger: given.logger ?? consoleLogger,
    signal: given.signal,
    concurrency: given.concurrency ?? 1,
    minSize: given.minSize ?? 0,
    grace: given.grace ?? 100,
    crew: {
      name,
      filename,
      recycle: { tasks: given.recycle?.tasks ?? 0, heapBytes: (given.recycle?.heapMb ?? 0) * 2 ** 20 },
      workerData: given.workerData,
      errors: given.errors ?? [],
      worker,
      createWorker: given.createWorker,
    },
  }
}

export const checkThreadSize = (value: unknown) => THREADS.size(value, 'size')
