/** What is stored of a job: what BullMQ keeps as its data, and how errors are kept in its stack traces. */
import type { Job as StoredJob } from 'bullmq'

import { storableText } from './json-values.js'

/**
 * The data of a job. Schedulers and flows of BullMQ that add jobs for `work` give `argument`, and `timeout` if they want
 * one; the name of the job is the name of the task.
 */
export interface JobRecord {
  /** What the task is called with. */
  readonly argument?: unknown
  /** How long an attempt may run, in ms. */
  readonly timeout?: number
  /** Most bytes of the result as JSON. */
  readonly sizeLimit?: number
  /** The job was cancelled, and is not to be run. */
  readonly cancelled?: { readonly reason?: string }
  /** How often the lease of the job had been lost when it was replayed: that no longer counts. */
  readonly stallsBefore?: number
  /** The error of a task that was no job when it failed. */
  readonly dead?: KeptError
  /** Whether `argument` is a list of arguments: of a call by `tasks` that was no job. */
  readonly isSpread?: boolean
}

/** What is known of an error that has been stored. */
export interface KeptError {
  readonly name: string
  readonly message: string
  /** At most 2,000 characters. */
  readonly stack: string
}

const MOST_STACK = 2_000
/** A name that would end in the midst of the stack is no name. */
const MOST_NAME = 100

/** The data of a stored job. Others than us may have written it. */
export function recordOf({ data }: Pick<StoredJob, 'data'>): JobRecord {
  return typeof data === 'object' && data !== null ? (data as JobRecord) : {}
}

/** How many attempts a job has used up: those that ended with an error, and those whose lease was lost. */
export function attemptsOf(job: Pick<StoredJob, 'data' | 'attemptsMade' | 'stalledCounter' | 'opts'>): number {
  const lost = Math.max(0, job.stalledCounter - (recordOf(job).stallsBefore ?? 0))
  // The start that finds out that none is left counts for BullMQ.
  return Math.min(job.attemptsMade + lost, allowedOf(job))
}

/** How many attempts a job has in all. Jobs that others have added may not say. */
export const allowedOf = ({ opts }: Pick<StoredJob, 'opts'>): number => opts.attempts || 1

/** Anything that was thrown, as it is stored. */
export function keptOf(error: unknown): KeptError {
  const { name, message, stack } = describe(error)
  const kept = storableText(name).replaceAll(/[:\n]/g, ' ').slice(0, MOST_NAME) || 'Error'
  const text = storableText(message)
  // The stack of an error begins with its name and message as they were when it was made.
  const lines = storableText(stack ?? '').match(/^ {4}at .*$/gm) ?? []
  return { name: kept, message: text, stack: [`${kept}: ${text}`, ...lines].join('\n').slice(0, MOST_STACK) }
}

function describe(error: unknown): { name: string; message: string; stack: string | undefined } {
  try {
    if (typeof error === 'object' && error !== null && 'message' in error) {
      const { name, message, stack } = error as Partial<Error>
      return { name: `${name ?? 'Error'}`, message: `${message}`, stack: stack === undefined ? stack : `${stack}` }
    }
    return { name: 'Error', message: `the task has thrown ${String(error)}`, stack: undefined }
  } catch {
    return { name: 'Error', message: 'the task has thrown what cannot be shown', stack: undefined }
  }
}

/** The error of the last attempt of a stored job. The first line of its stack is ours, so it says the name. */
export function lastErrorOf({ failedReason, stacktrace }: Pick<StoredJob, 'failedReason' | 'stacktrace'>): KeptError {
  const message = failedReason ?? ''
  const stack = stacktrace?.at(-1) ?? ''
  const name = stack.match(/^([^:\n]+)(?=:|\n|$)/)?.[1] ?? 'Error'
  return { name, message, stack: stack.slice(0, MOST_STACK) }
}

/** An error that comes out of the store. */
export function revived({ name, message, stack }: KeptError): Error {
  const error = new Error(message)
  Object.defineProperty(error, 'name', { value: name, configurable: true, writable: true })
  error.stack = stack
  return error
}

/** What the error of a cancelled job is called in the store. */
const CANCELLED = 'JobCancelledError'

/** Whether a failed job has failed because it was cancelled. A task may throw an error of that name by itself. */
export const wasCancelled = (job: StoredJob): boolean =>
  recordOf(job).cancelled !== undefined && lastErrorOf(job).name === CANCELLED

/** The trace in which a job was added, if it was traced. */
export function traceIdOf({ opts }: Pick<StoredJob, 'opts'>): string | undefined {
  // The header of W3C, wherever the telemetry has put it.
  const context = opts.telemetry?.metadata?.match(/\b[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}\b/)
  return context?.[1]
}
