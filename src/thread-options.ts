/** The options of thread pools and their tasks, and the one place where each is checked. */
import { isAbsolute } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inspect, isDeepStrictEqual } from 'node:util'
import { deserialize, serialize } from 'node:v8'
import type { TransferListItem, Worker, WorkerOptions } from 'node:worker_threads'

import { native } from './binding.js'
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
  shared: POOL.shared,
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
  /** If it is shared. */
  readonly agreement: Agreement | undefined
  readonly errors: readonly ErrorClass[]
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
  const size = given.size ?? native.parallelism()
  if (given.minSize !== undefined && given.minSize > size) throw outOfRange('minSize', given.minSize, `at most size, ${size}`)
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
  const { preAlloc = false, nonblocking = false, maxBlockingTasks = 0, concurrency = 1, minSize = 0, grace = 100 } = given
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

function toAgreement(given: object, agreed: Record<string, unknown>): Agreement {
  const texts = Object.entries(agreed).map(([option, value]) => [option, textOf(value)])
  const isGiven = ([option]: [string, unknown]): boolean => Object.hasOwn(given, option)
  return {
    given: Object.fromEntries(Object.entries(agreed).filter(isGiven)),
    text: JSON.stringify(Object.fromEntries(texts)),
  }
}

/** What cannot be brought to another isolate equals nothing there. */
function textOf(value: unknown): string | null {
  if (typeof value === 'symbol') return String(value)
  try {
    return serialize(value).toString('base64')
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
    const agreed = other === null || other.startsWith('Symbol(') ? other : (deserialize(Buffer.from(other, 'base64')) as unknown)
    if (own !== null && isDeepStrictEqual(given[option], agreed)) continue
    throw misuse(
      `${option} is ${inspect(given[option])}, but the shared pool ${name} was made with ${option} ${inspect(agreed)}`,
    )
  }
}

export const checkThreadSize = (value: unknown) => THREADS.size(value, 'size')
