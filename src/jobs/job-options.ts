/** The options of jobs and of those who work, and the one place where each is checked. */
import { misuse, outOfRange, wrongType } from '../base/errors.js'
import { type Logger, consoleLogger } from '../base/logger.js'
import {
  type Check,
  type Checks,
  MS,
  POSITIVE_MS,
  abortSignal,
  integer,
  isNumber,
  logger,
  milliseconds,
  ms,
  positiveMs,
  reader,
  text,
} from '../options/checks.js'

/** How long a job waits before it is tried again. */
export interface Backoff {
  /** `fixed`: always as long. `exponential`: twice as long each time. */
  type: 'fixed' | 'exponential'
  /** The first pause, in ms from the failure, from 0 to 2³¹ − 1. */
  delay: number
  /**
   * Which share of each pause is left to chance, from 0 to 1: with 0.5 a pause is between half of its length and the
   * whole. Default 0.
   */
  jitter?: number | undefined
}

/** How long jobs are kept after their end. */
export interface Keep {
  /** Jobs that have completed, with their results: in ms from the end, from 0 to 2³¹ − 1. Default: 1 hour. */
  completed?: number | undefined
  /** Jobs that have failed or were cancelled, with their errors: in ms from the end. Default: 14 days. */
  failed?: number | undefined
}

/** What holds for one job. Times are in ms. */
export interface JobOptions {
  /**
   * The id of the job. The same id is the same job as long as the job is kept: a second `add` adds nothing, also if the
   * job has ended. Text without `:` that is no integer. Default: a new UUID.
   */
  id?: string | undefined
  /**
   * While a job with this key is unfinished, `add` adds nothing and gives that job. With `ttl` the key is taken for so
   * long from the `add` instead, whether the job has ended or not: in ms, above 0.
   */
  unique?: string | { key: string; ttl?: number | undefined } | undefined
  /** Jobs with a smaller number start first. An integer from 0 to 2,097,151, default 0. */
  priority?: number | undefined
  /** The job starts no sooner, in ms from the `add`, from 0 to 2³¹ − 1. Default 0. */
  delay?: number | undefined
  /**
   * How often the job is tried in all, an integer from 1, default 3. An error of the task, its `timeout`, a crash of its
   * thread and a lost lease use up an attempt. A shutdown, an overload and a pool that cannot run the task do not.
   */
  attempts?: number | undefined
  /** The pause before the next attempt. Default: exponential from 1,000 ms, jitter 0.5. */
  backoff?: Backoff | undefined
  /**
   * How long one attempt may run, in ms from its start in a thread, above 0. Then the attempt fails with a
   * `TaskTimeoutError`, and its thread is ended as the pool has it (`grace`). Default: no end.
   */
  timeout?: number | undefined
  /**
   * How long the job is kept after its end. The store looks when another job ends, so a job may be kept for longer. With
   * 0 it is not kept: only who waits for the result at that time gets it.
   */
  keep?: Keep | undefined
  /** Most bytes of the argument, and of the result, as JSON. An integer from 1. Default: what the store takes. */
  sizeLimit?: number | undefined
}

/** What holds for all jobs that do not say otherwise. */
export type JobDefaults = Omit<JobOptions, 'id' | 'unique'>

/** What makes spans and takes traces along, as BullMQ knows it: an instance of `BullMQOtel` of `bullmq-otel`. */
export interface JobTelemetry {
  readonly tracer: object
  readonly contextManager: object
  readonly meter?: object | undefined
}

/** What `Jobs.open` takes. */
export interface JobsOptions {
  /** The name of the queue: text without `:`. Queues of different names have nothing in common. Default `jobs`. */
  queue?: string | undefined
  /**
   * How long a worker may be silent until its jobs are taken from it, in ms from its last word, from 100 to 2³¹ − 1. Each
   * worker renews the lease of its jobs when half of it is over. Every process of a queue should say the same.
   * Default 10,000.
   */
  lease?: number | undefined
  /** Options for every job; those of `add` win. */
  defaults?: JobDefaults | undefined
  /**
   * Makes spans of jobs, and takes the trace of an `add` along to where the job runs: `new BullMQOtel('app')` of
   * `bullmq-otel`. Default: nothing is traced.
   */
  telemetry?: JobTelemetry | undefined
  /** Is told what no promise can carry, and errors for which `on('error')` has no listener. Default: the console. */
  logger?: Logger | undefined
}

/** What `work` takes. */
export interface WorkOptions {
  /**
   * How many jobs this worker has at once, an integer from 1. Default: as many as the pool has places, also after its
   * `tune`: `capacity` × `concurrency` of its threads.
   */
  concurrency?: number | undefined
  /**
   * No more than `limit` jobs start in `interval` ms, in all processes that work on the queue together. The windows are
   * fixed: at their border twice as many may start close to each other. Every worker of a queue should say the same.
   */
  rate?: { limit: number; interval: number } | undefined
}

/** How long and for whom somebody waits for a result. */
export interface ResultOptions {
  /** Ends the waiting, not the job. */
  signal?: AbortSignal | undefined
  /** How long to wait, in ms from the call, from 0 to 2³¹ − 1: then it rejects with a `ResultTimeoutError`. */
  timeout?: number | undefined
}

const name: Check<string> = (value, option) => {
  const given = text(value, option)
  if (!given.includes(':')) return given
  throw outOfRange(option, value, 'text without ":"')
}

const id: Check<string> = (value, option) => {
  const given = name(value, option)
  // BullMQ counts its own ids.
  if (`${Number.parseInt(given, 10)}` !== given) return given
  throw outOfRange(option, value, `no integer; "job-${given}" would do`)
}

const duration = milliseconds(ms, MS)
const someTime = milliseconds(positiveMs, POSITIVE_MS)

const readUnique = reader('unique', { key: text, ttl: someTime })
const unique: Check<{ key: string; ttl?: number }> = (value, option) => {
  if (typeof value === 'string') return { key: text(value, option) }
  const { key, ttl } = readUnique(value)
  if (key === undefined) throw misuse('unique.key is missing: what no two unfinished jobs may have in common')
  return { key, ...(ttl !== undefined && { ttl }) }
}

const readBackoff = reader('backoff', {
  type: ((value, option) => {
    if (value === 'fixed' || value === 'exponential') return value
    throw outOfRange(option, value, "'fixed' or 'exponential'")
  }) as Check<Backoff['type']>,
  delay: duration,
  jitter: ((value, option) => {
    if (isNumber(value, option, SHARE) && value >= 0 && value <= 1) return value
    throw outOfRange(option, value, SHARE)
  }) as Check<number>,
})
const SHARE = 'a number from 0 to 1'
const backoff: Check<Backoff & { jitter: number }> = (value) => {
  const { type, delay, jitter } = readBackoff(value)
  if (type === undefined) throw misuse("backoff.type is missing: 'fixed' or 'exponential'")
  if (delay === undefined) throw misuse('backoff.delay is missing: the first pause in ms')
  return { type, delay, jitter: jitter ?? 0 }
}

const count = integer(1, 'an integer from 1 to 2147483647')
/** The largest that BullMQ knows. */
const LAST_PRIORITY = 2 ** 21 - 1

const DEFAULTS = {
  priority: integer(0, `an integer from 0 to ${LAST_PRIORITY}`, LAST_PRIORITY),
  delay: duration,
  attempts: count,
  backoff,
  timeout: someTime,
  keep: reader('keep', { completed: duration, failed: duration }) as Check<Keep>,
  sizeLimit: count,
} satisfies Checks

const telemetry: Check<JobTelemetry> = (value, option) => {
  const given = value as Partial<JobTelemetry> | null
  if (typeof given === 'object' && given?.tracer && given.contextManager) return value as JobTelemetry
  throw wrongType(option, value, 'an object with tracer and contextManager, as that of bullmq-otel')
}

export const checkJobOptions = reader('the options of the job', { id, unique, ...DEFAULTS })
const readDefaults = reader('defaults', DEFAULTS)
const readOpen = reader('the options of Jobs.open', {
  queue: name,
  lease: milliseconds((ms) => ms >= 100, 'a number of ms from 100 to 2147483647'),
  defaults: ((value) => readDefaults(value)) as Check<ReturnType<typeof readDefaults>>,
  telemetry,
  logger,
})

/** Checked, and with every default in place. */
export type CheckedJobOptions = ReturnType<typeof checkJobOptions>

const HOUR = 3_600_000
const STANDARD = {
  priority: 0,
  delay: 0,
  attempts: 3,
  backoff: { type: 'exponential', delay: 1_000, jitter: 0.5 },
  keep: { completed: HOUR, failed: 14 * 24 * HOUR },
} as const

/** What holds for a job: what it says itself, what the queue says, and what we say. */
export type JobTerms = ReturnType<typeof termsOf>
export function termsOf(own: CheckedJobOptions, defaults: ReturnType<typeof readDefaults>) {
  const either = <K extends keyof typeof DEFAULTS>(option: K) => own[option] ?? defaults[option]
  return {
    id: own.id,
    unique: own.unique,
    priority: either('priority') ?? STANDARD.priority,
    delay: either('delay') ?? STANDARD.delay,
    attempts: either('attempts') ?? STANDARD.attempts,
    backoff: either('backoff') ?? STANDARD.backoff,
    timeout: either('timeout'),
    sizeLimit: either('sizeLimit'),
    keep: {
      completed: own.keep?.completed ?? defaults.keep?.completed ?? STANDARD.keep.completed,
      failed: own.keep?.failed ?? defaults.keep?.failed ?? STANDARD.keep.failed,
    },
  }
}

export interface OpenSettings {
  readonly queue: string
  readonly lease: number
  readonly defaults: ReturnType<typeof readDefaults>
  readonly telemetry: JobTelemetry | undefined
  readonly logger: Logger
}

export function checkOpenOptions(options: unknown): OpenSettings {
  const given = readOpen(options)
  return {
    queue: given.queue ?? 'jobs',
    lease: given.lease ?? 10_000,
    defaults: given.defaults ?? readDefaults(undefined),
    telemetry: given.telemetry,
    logger: given.logger ?? consoleLogger,
  }
}

const readRate = reader('rate', { limit: count, interval: someTime })
const rate: Check<{ limit: number; interval: number }> = (value) => {
  const { limit, interval } = readRate(value)
  if (limit === undefined) throw misuse('rate.limit is missing: how many jobs may start in an interval')
  if (interval === undefined) throw misuse('rate.interval is missing: how long an interval is, in ms')
  return { limit, interval }
}

export const checkWorkOptions = reader('the options of work', { concurrency: count, rate })
export const checkConcurrency = (value: unknown): number => count(value, 'size')
export const checkResultOptions = reader('the options of result', { signal: abortSignal, timeout: duration })
export const checkDrainOptions = reader('the options of drain', { signal: abortSignal })
export const checkCloseOptions = reader('the options of close', { timeout: duration })
export const checkFailedOptions = reader('the options of failed', {
  offset: integer(0, 'an integer from 0 to 2147483647'),
  limit: count,
  name: text,
})
export const checkId: Check<string> = text

/** Why a job is cancelled. */
export function checkReason(value: unknown): string | undefined {
  return value === undefined ? undefined : text(value, 'reason')
}
