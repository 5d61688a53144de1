/** How long tasks take, in the buckets of monitoring systems. */
import type { MeasuredTimes } from '../native/measures.js'
import { countsBelow } from './histogram.js'

/** The upper bounds of the buckets, in s: from well under a millisecond up to a minute. What takes longer is in none. */
export const BOUNDARIES = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

/** How many times there are, and how many of them are no longer than each bound. */
export interface Times {
  readonly count: number
  /** In ns, exactly, so that it is the same in whichever order it has been added up, and never falls by what is rounded. */
  readonly sum: bigint
  /** By bound; each has those of the bounds before it, too. */
  readonly below: readonly number[]
}

const NANOSECONDS = 1e9

export const secondsOf = (nanoseconds: bigint): number => Number(nanoseconds) / NANOSECONDS
const bounds = BOUNDARIES.map((bound) => bound * NANOSECONDS)

export const timesOf = (times: MeasuredTimes): Times => ({
  count: times.count,
  sum: BigInt(times.sum),
  below: countsBelow(times, bounds),
})

export const addTimes = (one: Times | undefined, other: Times): Times =>
  one === undefined
    ? other
    : {
        count: one.count + other.count,
        sum: one.sum + other.sum,
        below: one.below.map((count, bound) => count + other.below[bound]!),
      }
