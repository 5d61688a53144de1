import { misuse, outOfRange, wrongType } from '../base/errors.js'
import { type Check, LARGEST, integer, isNumber, positiveMs } from '../options/checks.js'
import type { HistogramSummary } from '../base/histogram-summary.js'

/**
 * What a pool was and did since the sample before. Counts and times are of `elapsedMs`; `capacity`, `busy`, `waiting` and
 * `available` are as they are at its end.
 */
export interface Sample {
  /** The capacity, as the pool has it. `Infinity` if there is no limit. */
  readonly capacity: number
  /** Workers that have a task, or that start or end. */
  readonly busy: number
  /** Accepted tasks without a worker. */
  readonly waiting: number
  /** How many workers could take a task now. */
  readonly available: number
  /** Tasks that have succeeded. */
  readonly completed: number
  /** Tasks that have thrown or rejected, or whose thread has died. */
  readonly failed: number
  /** Tasks that were refused, at their submit or while they waited, for whatever reason. */
  readonly refused: number
  /** Tasks that have run into their `timeout`. */
  readonly timedOut: number
  /** How long the tasks whose functions have ended had waited, in ms. */
  readonly wait: HistogramSummary
  /** How long the functions that have ended had run, in ms; also those that have failed or were cancelled. */
  readonly run: HistogramSummary
  /** The time that the sample is of, in ms. */
  readonly elapsedMs: number
  /** How much of the processors that this process may use it has used, from 0 to 1. All of its threads count. */
  readonly cpu: number
  /**
   * How late the event loop of this isolate was, in ms: 99 % of the times it was no later. 0 where the runtime cannot tell.
   */
  readonly loopDelayP99Ms: number
  /** When the sample ends, in ms since a fixed moment. It does not jump with the clock of the system. */
  readonly now: number
}

/** The size that an algorithm wants, and why. */
export interface Advice {
  /** A whole number, 1 or more. The present capacity, if nothing is to change. */
  readonly size: number
  /** A short sentence, for people. */
  readonly why: string
}

/**
 * Turns samples into sizes. It has no clock, does no I/O and is of one `adapt`, so that it can be tried out with samples
 * that somebody has written down. Your own is an object with `next`:
 *
 * ```js
 * adapt(Pool.create({ size: 10 }), {
 *   max: 50,
 *   next: ({ capacity, waiting }) => ({ size: capacity + (waiting > 0 ? 1 : 0), why: `${waiting} wait` }),
 * })
 * ```
 */
export interface Algorithm {
  /** The size after this sample. `sample.capacity` is what the pool has now, whatever was asked for before. */
  next(sample: Sample): Advice
  /** The least size that `adapt` sets. Default 1. */
  readonly min?: number
  /** The largest size that `adapt` sets. Default: no limit. */
  readonly max?: number
  /** Somebody else has changed the capacity, so what was learnt by changing the size is void. */
  restart?(): void
}

/** What every algorithm of this package takes. */
export interface Bounds {
  /** The least size: an integer from 1. Default 1. */
  min?: number | undefined
  /** The largest size: an integer from `min` to 2³¹ − 1. Default 200. */
  max?: number | undefined
}

const WHOLE = 'an integer from 1 to 2147483647'

export const BOUNDS = { min: integer(1, WHOLE), max: integer(1, WHOLE) }

export interface Limits {
  readonly min: number
  readonly max: number
}

/** Checked bounds, with their defaults. */
export function limitsOf({ min = 1, max = Math.max(200, min) }: { min?: number; max?: number }): Limits {
  if (max < min) throw outOfRange('max', max, `at least min, ${min}`)
  return { min, max }
}

/** The nearest size within the limits. */
export const within = ({ min, max }: Limits, size: number): number => Math.min(max, Math.max(min, size))

/** The limits of any algorithm; one that somebody else has written may have none. */
export function limitsOfAlgorithm({ min = 1, max = LARGEST }: Algorithm): Limits {
  return limitsOf({ min: BOUNDS.min(min, 'min'), max: BOUNDS.max(max, 'max') })
}

/** What is wrong with what an algorithm gave, or nothing. */
export function assertAdvice(advice: unknown): asserts advice is Advice {
  if (typeof advice !== 'object' || advice === null) throw wrongType('what next gives', advice, '{ size, why }')
  const { size, why } = advice as Advice
  if (typeof why !== 'string') throw wrongType('why', why, 'a string')
  if (typeof size !== 'number') throw wrongType('size', size, WHOLE)
  if (!Number.isInteger(size) || size < 1) throw outOfRange('size', size, WHOLE)
}

export function assertAlgorithm(algorithm: unknown): asserts algorithm is Algorithm {
  const { next, restart } = Object(algorithm) as Partial<Algorithm>
  if (typeof next !== 'function') {
    throw wrongType('algorithm', algorithm, 'an object with the method next, such as gradient() makes')
  }
  if (restart !== undefined && typeof restart !== 'function') throw misuse('restart of the algorithm is no function')
}

/** A share, or another number above `least` and up to `most`. */
export const between =
  (least: number, most: number): Check<number> =>
  (value, option) => {
    const allowed = `a number above ${least} and up to ${most}`
    if (isNumber(value, option, allowed) && value > least && value <= most) return value
    throw outOfRange(option, value, allowed)
  }

/** As `between`, and 0 is allowed. */
export const share: Check<number> = (value, option) => {
  const allowed = 'a number from 0 to 1'
  if (isNumber(value, option, allowed) && value >= 0 && value <= 1) return value
  throw outOfRange(option, value, allowed)
}

const POSITIVE = 'a number of ms above 0 and up to 2147483647'
/** Milliseconds above 0, also parts of one. */
export const duration: Check<number> = (value, option) => {
  if (isNumber(value, option, POSITIVE) && positiveMs(value) && value <= LARGEST) return value
  throw outOfRange(option, value, POSITIVE)
}

/** How many tasks ran at a time, on average; `busy` is only one moment. By Little's law. */
export const inFlight = ({ run, elapsedMs }: Sample): number => (run.count * run.mean) / elapsedMs

/**
 * Whether the size was what held tasks back: some wait or were refused, or four of five workers had one. What a smaller pool would
 * have done as well says nothing about a larger one.
 */
export function isUsed(sample: Sample): boolean {
  const { capacity, busy, waiting, refused } = sample
  return waiting > 0 || refused > 0 || Math.max(busy, inFlight(sample)) >= 0.8 * capacity
}

/** Which part of the tasks that ran has failed or timed out. */
export function failing({ completed, failed, timedOut }: Sample): number {
  const ended = completed + failed + timedOut
  return ended === 0 ? 0 : (failed + timedOut) / ended
}

/** A number as people read it. */
export const brief = (value: number): string => `${Math.round(value * 100) / 100}`
export const percent = (part: number): string => `${Math.round(part * 100)} %`
