/** The times of tasks that a pool has measured, as the core tells them. */
import { MeasureHead, Measuring } from './abi.js'
import { native } from './binding.js'

/** What a pool measures: how long tasks wait, and how long they run. */
export type Measure = 'wait' | 'run'

/** How often there were times of each length. Nanoseconds. */
export interface MeasuredTimes {
  readonly count: number
  readonly sum: number
  readonly shortest: number
  readonly longest: number
  /** By bucket. */
  readonly counts: Float64Array
}

const array = new Float64Array(Measuring.measures)
const bytes = new Uint8Array(array.buffer)

/**
 * What the pool has measured until now; `undefined` if it has not. Of the same moment is what `stats` shows, in the
 * numbers.
 */
export function readMeasures(handle: number): Record<Measure, MeasuredTimes> | undefined {
  array[0] = handle
  native.measured(bytes)
  return array[0] === 1 ? { wait: timesAt(1), run: timesAt(1 + Measuring.measure) } : undefined
}

function timesAt(from: number): MeasuredTimes {
  const counts = array.slice(from + MeasureHead.longest + 1, from + Measuring.measure)
  return {
    count: array[from + MeasureHead.count]!,
    sum: array[from + MeasureHead.sum]!,
    shortest: array[from + MeasureHead.shortest]!,
    longest: array[from + MeasureHead.longest]!,
    counts,
  }
}
