import { misuse, outOfRange, wrongType } from '../base/errors.js'
import type { HistogramSummary } from '../base/histogram-summary.js'
import { Measuring } from '../native/abi.js'
import type { MeasuredTimes } from '../native/measures.js'

const MILLISECOND = 1e6

/** The shortest time of a bucket, in nanoseconds. It ends where the next one begins. */
export function floorOf(bucket: number): number {
  const doublings = Math.max(0, Math.floor(bucket / Measuring.steps) - 1)
  return (bucket - doublings * Measuring.steps) * 2 ** doublings * Measuring.unit
}

/** The last bucket has no end. */
const endOf = (bucket: number): number => (bucket === Measuring.buckets - 1 ? Infinity : floorOf(bucket + 1))

/** How its times are told. As a rule those of the first one are 0. */
const middleOf = (bucket: number): number => (bucket === 0 ? 0 : (floorOf(bucket) + endOf(bucket)) / 2)

/** How many times are no longer than each of these bounds, which ascend: whole buckets, by their middles. Nanoseconds. */
export function countsBelow({ count, counts }: MeasuredTimes, bounds: readonly number[]): number[] {
  let [bucket, below] = [0, 0]
  return bounds.map((bound) => {
    if (bound === Infinity) return count
    for (; bucket < counts.length && middleOf(bucket) <= bound; bucket++) below += counts[bucket]!
    return below
  })
}

const CREATE = Symbol('create')
export let histogramOf: (times: MeasuredTimes) => Histogram
let timesOf: (histogram: unknown, what: string) => MeasuredTimes

/**
 * How long tasks have waited or run, until the moment when `pool.histogram` was called. It does not change any more: a
 * later one has all that this one has, and more. So a window of time is a difference, and whoever else looks is not in
 * the way.
 *
 * ```js
 * const pool = Pool.create({ measure: true })
 * const before = pool.histogram('run')
 * await pool.submit(() => fetch(url))
 * const window = pool.histogram('run').minus(before)
 * console.log(window.count, window.p99, window.percentile(75)) // 1, and ms
 * ```
 *
 * Times are counted in 2,112 buckets, of which each is at most 1.6 % wide, and are told as the middle of their bucket. So
 * from 1 µs to 1 hour no time is told with an error of more than 1 %; a longer one than 73 minutes is known to be longer.
 */
export interface Histogram extends MeasuredHistogram {}

/** What programs know as `Histogram`: a type only, as none of them makes one itself. */
export class MeasuredHistogram implements HistogramSummary {
  readonly #times: MeasuredTimes
  readonly count: number
  readonly mean: number
  readonly min: number
  readonly max: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly p999: number

  static {
    histogramOf = (times) => new MeasuredHistogram(CREATE, times)
    timesOf = (histogram, what) => {
      if (typeof histogram === 'object' && histogram !== null && #times in histogram) return histogram.#times
      throw wrongType(what, histogram, 'a histogram of a pool')
    }
  }

  private constructor(key: symbol, times: MeasuredTimes) {
    if (key !== CREATE) throw misuse('a Histogram is made by histogram() of a pool')
    const { count, sum, shortest, longest } = times
    this.#times = times
    this.count = count
    this.mean = count === 0 ? 0 : sum / count / MILLISECOND
    this.min = shortest / MILLISECOND
    this.max = longest / MILLISECOND
    this.p50 = this.percentile(50)
    this.p90 = this.percentile(90)
    this.p99 = this.percentile(99)
    this.p999 = this.percentile(99.9)
  }

  /** All times together, in ms. */
  get sum(): number {
    return this.#times.sum / MILLISECOND
  }

  /**
   * The time, in ms, that so many percent of the times do not exceed; 0 if there is none.
   *
   * @param percent from 0, for the shortest time, to 100, for the longest
   * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
   */
  percentile(percent: number): number {
    if (typeof percent !== 'number') throw wrongType('percent', percent, 'a number from 0 to 100')
    if (!(percent >= 0 && percent <= 100)) throw outOfRange('percent', percent, 'a number from 0 to 100')
    const { count, shortest, longest, counts } = this.#times
    // A hair less, as 0.999 × 1,000 is more than 999.
    const rank = Math.max(1, Math.ceil((percent / 100) * count - 1e-9))
    if (rank >= count) return longest / MILLISECOND
    if (rank === 1) return shortest / MILLISECOND
    let bucket = 0
    for (let left = rank - counts[0]!; left > 0; left -= counts[bucket]!) bucket++
    return Math.min(Math.max(middleOf(bucket), shortest), longest) / MILLISECOND
  }

  /**
   * How many times are no longer than so many ms, within 1 % of that bound. Of a later histogram of the same pool it is
   * never less, as the buckets of a Prometheus histogram have to be.
   *
   * @param ms from 0 to `Infinity`
   * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
   */
  countBelow(ms: number): number {
    if (typeof ms !== 'number') throw wrongType('ms', ms, 'a number from 0')
    if (!(ms >= 0)) throw outOfRange('ms', ms, 'a number from 0')
    return countsBelow(this.#times, [ms * MILLISECOND])[0]!
  }

  /**
   * The times of both, as if one pool had measured them.
   *
   * ```js
   * const [first, second] = [Pool.create({ measure: true }), Pool.create({ measure: true })]
   * const both = first.histogram('wait').plus(second.histogram('wait'))
   * console.log(both.p99)
   * ```
   *
   * @throws TypeError with code `ERR_POOL_OPTION` if `other` is no histogram
   */
  plus(other: Histogram): Histogram {
    const [one, two] = [this.#times, timesOf(other, 'other')]
    if (one.count === 0) return other
    if (two.count === 0) return this
    return new MeasuredHistogram(CREATE, {
      count: one.count + two.count,
      sum: one.sum + two.sum,
      shortest: Math.min(one.shortest, two.shortest),
      longest: Math.max(one.longest, two.longest),
      counts: one.counts.map((count, bucket) => count + two.counts[bucket]!),
    })
  }

  /**
   * What has been measured since an earlier histogram of the same pool. The shortest and the longest time of a difference are known
   * by their buckets only.
   *
   * @throws RangeError with code `ERR_POOL_OPTION` if `earlier` has times that this one has not; TypeError if it is no histogram
   */
  minus(earlier: Histogram): Histogram {
    const [late, early] = [this.#times, timesOf(earlier, 'earlier')]
    const counts = late.counts.map((count, bucket) => count - early.counts[bucket]!)
    if (counts.some((count) => count < 0)) {
      throw outOfRange('earlier', earlier, 'an earlier histogram of the same pool, and of the same kind')
    }
    const first = counts.findIndex((count) => count > 0)
    const last = counts.findLastIndex((count) => count > 0)
    return new MeasuredHistogram(CREATE, {
      count: late.count - early.count,
      // Sums of very many times are rounded.
      sum: first < 0 ? 0 : Math.max(0, late.sum - early.sum),
      shortest: first < 0 ? 0 : Math.max(floorOf(first), late.shortest),
      longest: first < 0 ? 0 : Math.min(endOf(last), late.longest),
      counts,
    })
  }
}
